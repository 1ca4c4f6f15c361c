"""What a client may know of requests and answers without reading JSON: how long they may be, how an answer is framed.

Knows no verb, and imports nothing: the fastest client needs only this.
"""

from __future__ import annotations

MAX_REQUEST = 64 * 1024
"""Bytes of a request: a client may be anybody who got this far."""

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer: a thousand instances take less than one MiB."""

ANSWER_BEGINS = b'{"ok":true,"data":'
ANSWER_ENDS = b',"more":false}'
"""What stands before and after the data of a last answer, byte for byte: a client may pass the data on unread."""
