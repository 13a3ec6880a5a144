/** The server, for who starts it from code, and the types of its configuration. */
export { startServer, type RunningServer, type StartOptions } from './start-server.js'
export { loadConfig, type LoadedConfig } from './config/load-config.js'
export { ConfigError, type Problem } from './config/config-error.js'
export { defineConfig, type ConfigInput } from './config/define-config.js'
export type { Config } from './config/config.js'
