/**
 * Environment variables by which another program would run, or the same one with other code in it.
 *
 * A list can only hold what is known. What a command may do is bounded by its sandbox; this keeps a grant that reads
 * harmlessly from being one of any code.
 */
const CODE_VARIABLES = new RegExp(
  `^(?:${[
    // The system's loader and library: what glibc itself ignores for programs that run with more rights.
    "LD_.*|DYLD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|NLSPATH|GETCONF_DIR|MALLOC_.*|HOSTALIASES|RESOLV_HOST_CONF",
    "OPENSSL_(?:CONF|ENGINES|MODULES)|XDG_(?:CONFIG|DATA)_(?:HOME|DIRS)",
    // Shells, and what programs call through one.
    "PATH|HOME|IFS|ENV|BASH_ENV|SHELL|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|PS4|ZDOTDIR",
    "EDITOR|VISUAL|PAGER|MANPAGER|BROWSER|LESS(?:OPEN|CLOSE)?|(?:SSH|SUDO)_ASKPASS|RSYNC_RSH|TAR_OPTIONS|MAKEFLAGS",
    // Languages.
    "NODE_OPTIONS|NODE_PATH|NODE_REPL_EXTERNAL_MODULE|DENO_DIR|BUN_OPTIONS|NPM_CONFIG_.*",
    "PYTHON(?:PATH|HOME|STARTUP|INSPECT|USERBASE|BREAKPOINT|EXECUTABLE|PLATLIBDIR|WARNINGS)|PIP_.*",
    "PERL5?(?:LIB|OPT|DB|SHELL)|RUBY(?:LIB|OPT|SHELL)|GEM_(?:HOME|PATH)|BUNDLE_.*|LUA_(?:PATH|CPATH|INIT).*",
    "CLASSPATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|PHPRC|PHP_INI_SCAN_DIR|GCC_EXEC_PREFIX|COMPILER_PATH",
    "GIT_(?:SSH|SSH_COMMAND|ASKPASS|EXTERNAL_DIFF|EDITOR|SEQUENCE_EDITOR|PAGER|PROXY_COMMAND|EXEC_PATH|TEMPLATE_DIR|DIR|COMMON_DIR|CONFIG.*)",
  ].join("|")})$`,
);

/** True for a name that no manifest may declare. */
export function choosesCode(variable: string): boolean {
  return CODE_VARIABLES.test(variable.toUpperCase());
}
