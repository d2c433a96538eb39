/** Statements that no case of this suite can show, and why. The ids are those of the tables they are from. */
export const NOT_COVERED: Readonly<Record<string, string>> = {
  D7: 'is about producers',
  D11: 'needs a crash between the answer and the delivery: test/e2e/kill.test.ts, test/kafka',
  D13: 'the table of status codes leaves none out',
  D17: 'Sluice does not use this permission: an event keeps its trace context',
  D31: 'how an operator is told is not specified; Sluice keeps a dead letter, a log line and a counter',
  D32: 'where metrics are found is not specified; Sluice has them at /metrics, on without a setting',
  D34: 'every case uses the address',
  D40: 'needs OIDC and EventPolicy, which need a cluster',
  C3: 'status fields need an API server',
  C4: 'classes need an API server',
  C5: 'immutable fields need an API server',
  C12: 'is D11',
  C24: 'defaults are written by an API server',
}

/** The statements there are, as the highest number of each table. */
export const STATEMENTS = { D: 40, C: 24, N: 11, T: 9, H: 22, J: 15 } as const
