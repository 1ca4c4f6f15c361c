// What udaemon.toml beside it has come from.
module.exports = {
  apps: [{
    name: "api",
    script: "server.js",
    cwd: "app",
    instances: 2,
    increment_var: "PORT",
    env: { NODE_ENV: "production", PORT: 18480 },
    max_memory_restart: "300M",
    exp_backoff_restart_delay: 100,
    max_restarts: 16,
    min_uptime: 1000,
    kill_timeout: 5000,
    cron_restart: "0 4 * * *",
    log_date_format: "YYYY-MM-DD HH:mm:ss",
    merge_logs: true,
  }],
};
