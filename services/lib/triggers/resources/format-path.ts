import type { Path } from './place.ts'

/** A path as people write it: `spec.filters[0].exact.type`, `metadata.annotations["sluice.dev/start"]`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[A-Za-z_]\w{0,80}$/.test(step)) text += `[${JSON.stringify(step.slice(0, 80))}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}
