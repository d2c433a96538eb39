import Type from 'typebox'

/** `PROFILE` of a process that makes sense only where another one shares its storage. */
export const onlyKafka = Type.Enum(['kafka'], {
  title:
    'kafka, because with embedded storage gateway and dispatcher are one process, which npm start runs',
})
