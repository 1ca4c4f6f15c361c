"""What rich draws, as text: for a terminal of so many columns, in colour or not.

Knows nothing of what is drawn. It is the one module that makes a console of rich's.
"""

from __future__ import annotations

from rich.console import Console, RenderableType


def drawn(*parts: RenderableType, width: int, color: bool) -> str:
    """The parts below one another, without blanks at the ends of lines."""
    console = Console(
        width=width,
        height=25,  # without one rich draws 80 columns where TERM is dumb
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
    )
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
