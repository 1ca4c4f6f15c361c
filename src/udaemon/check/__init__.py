"""Whether what a manifest names is there: callables, programs, directories, interpreters, control groups."""
