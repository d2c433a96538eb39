import { KafkaError } from '../kafka-error.ts'
import { describeCode, errorName } from './kafkajs-internals.ts'

/** What kafkajs threw, in our terms: the broker's own code where it answered with one. */
export function kafkaFailure(error: unknown, where: string): KafkaError {
  if (error instanceof KafkaError) return error
  const { name, type, message } = (error ?? {}) as {
    name?: string
    type?: string
    message?: string
  }
  const text = message ?? String(error)
  if (type !== undefined)
    return new KafkaError(errorName(type), `${where}: ${text}`, { cause: error })
  if (name === 'KafkaJSSASLAuthenticationError') {
    return new KafkaError('SASL_AUTHENTICATION_FAILED', `${where}: ${text}`, { cause: error })
  }
  if (name === 'KafkaJSMemberIdRequired') {
    return new KafkaError('MEMBER_ID_REQUIRED', `${where}: ${text}`, { cause: error })
  }
  return new KafkaError('CONNECTION', `${where}: ${text}`, { cause: error })
}

/** @throws KafkaError unless the code is 0 */
export function expectNoError(code: number, where: string): void {
  if (code === 0) return
  const { code: name, message } = describeCode(code)
  throw new KafkaError(name, `${where}: ${message}`)
}
