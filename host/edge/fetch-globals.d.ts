/** The fetch classes as globals, for the types that plugin authors see. Inside, the modules themselves are used. */
interface Request {
  readonly url: string;
}
interface Response {
  readonly status: number;
}
