"""The same faults done to udaemon and to its peers, on request: `python -m benchmarks.faults --peers DIR`."""
