"""How bash, zsh and fish ask what may come next, and how they are answered.

Knows no verb. The scripts ask by environment variables, of the names that click's scripts have: one that somebody keeps
in a file since an older version goes on working.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from udaemon.cli.completion import Offer

_BASH = """\
_udaemon_completion() {
    local IFS=' ' kind word
    COMPREPLY=()
    while IFS=, read -r kind word; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$word") ;;
        esac
    done < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _UDAEMON_COMPLETE=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F _udaemon_completion udaemon
"""
_ZSH = """\
#compdef udaemon

_udaemon_completion() {
    local -a answer plain told
    local kind word help
    answer=("${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) _UDAEMON_COMPLETE=zsh_complete \\
        "${words[1]}" 2>/dev/null)}")
    for kind word help in "${answer[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) if [[ $help == _ ]]; then plain+=("$word"); else told+=("$word:$help"); fi ;;
        esac
    done
    (( $#told )) && _describe -V unsorted told -U
    (( $#plain )) && compadd -U -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _udaemon_completion "$@"
else
    compdef _udaemon_completion udaemon
fi
"""
_FISH = """\
function _udaemon_completion
    set -l words (commandline -opc)
    for line in (env COMP_WORDS=(commandline -cp | string collect) COMP_CWORD=(commandline -ct | string collect) \\
            _UDAEMON_COMPLETE=fish_complete $words[1] 2>/dev/null)
        set -l told (string split -m 1 , -- $line)
        switch $told[1]
            case dir
                __fish_complete_directories $told[2]
            case file
                __fish_complete_path $told[2]
            case plain
                echo $told[2]
        end
    end
end

complete --no-files --command udaemon --arguments '(_udaemon_completion)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

_BREAKS = frozenset(":=@")
"""What ends a word in bash (COMP_WORDBREAKS) and does not here: `tag:mail` comes as three words."""


def answer(asked: str, environ: Mapping[str, str]) -> bool:
    """Write what a shell asks for, `bash_complete` or `bash_source` for the script; tell whether it was understood."""
    shell, _, what = asked.partition("_")
    if shell not in SCRIPTS or what not in {"source", "complete"}:
        return False
    if what == "source":
        sys.stdout.write(SCRIPTS[shell])
        return True
    from udaemon.cli.completion import offers

    text, at = environ.get("COMP_WORDS", ""), environ.get("COMP_CWORD", "")
    words, begun, typed = _fish(text, at) if shell == "fish" else _numbered(text, at, broken=shell == "bash")
    told = (_TOLD[shell](offer._replace(word=offer.word.removeprefix(typed))) for offer in offers(words, begun))
    sys.stdout.writelines(f"{line}\n" for line in told)
    return True


def _numbered(text: str, at: str, *, broken: bool) -> tuple[Sequence[str], str, str]:
    """The words before the one that is completed, that one, and what of it stays as it is; bash and zsh count them."""
    words = _split(text)
    number = int(at) if at.isdecimal() else len(words)
    begun = words[number] if number < len(words) else ""
    if not broken:
        return words[1:number], begun, ""
    joined = _joined([*words[1:number], begun])
    whole = joined.pop()
    stays = whole if _is_break(begun) else whole.removesuffix(begun)
    return joined, whole, stays.removesuffix("@")  # which bash takes for the beginning of the word, too


def _joined(words: Sequence[str]) -> list[str]:
    joined: list[str] = []
    goes_on = False
    for word in words:
        if word and joined and (goes_on or _is_break(word)):
            joined[-1] += word
        else:
            joined.append(word)
        goes_on = _is_break(word)
    return joined


def _is_break(word: str) -> bool:
    return bool(word) and _BREAKS.issuperset(word)


def _fish(text: str, begun: str) -> tuple[Sequence[str], str, str]:
    """The same of fish, which tells the word itself; it may be the last of the words, too."""
    words = _split(text)[1:]
    begun = "".join(_split(begun)[:1])
    if begun and words[-1:] == [begun]:
        words.pop()
    return words, begun, ""


def _split(text: str) -> list[str]:
    """Take words apart as a shell does; the last one may have a quote that is not closed yet."""
    if not set("'\"\\") & set(text):
        return text.split()
    import shlex

    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token or "")
    return words


def _for_bash(offer: Offer) -> str:
    return f"{offer.kind},{offer.word}"


def _for_zsh(offer: Offer) -> str:
    """With a help its first colon that is not escaped stands between the word and the help (`_describe`)."""
    word = offer.word.replace(":", r"\:") if offer.help else offer.word
    return f"{offer.kind}\n{word}\n{offer.help or '_'}"


def _for_fish(offer: Offer) -> str:
    return f"{offer.kind},{offer.word}" + (f"\t{offer.help}" if offer.help else "")


_TOLD = {"bash": _for_bash, "zsh": _for_zsh, "fish": _for_fish}
