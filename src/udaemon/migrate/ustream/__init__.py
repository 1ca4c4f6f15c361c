"""Reads the PHP library's ini files exactly as PHP 8.2's `parse_ini_file` does, and says where that surprises.

Knows nothing of the disk: bytes in, values out.
"""

from udaemon.migrate.ustream.reader import Php, read
from udaemon.migrate.ustream.result import Note, Result, Values

__all__ = ["Note", "Php", "Result", "Values", "read"]
