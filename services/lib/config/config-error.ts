/** The environment cannot be used as it is. The message is for whoever starts the process, and complete. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
