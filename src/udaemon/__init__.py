"""udaemon: declare every daemon in one manifest, run them all, and see what each one did."""

__version__ = "0.1.0"
