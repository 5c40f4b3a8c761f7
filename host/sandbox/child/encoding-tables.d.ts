/** The encoding library's tables as text; the build reads them from the package. */
declare module "encoding-tables:json" {
  const tables: string;
  export default tables;
}
