/** A file that cannot be used as it is. The message names the file and, where there is one, the line. */
export class FileFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FileFault'
  }
}
