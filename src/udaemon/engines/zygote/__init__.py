"""The zygote: a start method of multiprocessing that forks processes from one that has imported everything once."""
