"""Benchmarks: udaemon beside a bare floor, in one run on one machine."""
