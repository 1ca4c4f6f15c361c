"""The daemons of the sample manifest, `udaemon.toml`."""
