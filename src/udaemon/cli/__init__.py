"""The command line: argv, call, exit code."""
