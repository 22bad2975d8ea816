"""The options of cURL: which take a value, which say nothing to the service."""

from collections.abc import Iterator, Sequence

# Options of one letter that take a value, and what they are called in full.
SHORT = {
    "X": "request", "H": "header", "d": "data", "F": "form", "u": "user", "G": "get",
    "b": "cookie", "A": "user-agent", "e": "referer", "L": "location", "k": "insecure",
    "I": "head", "T": "upload-file",
    "o": "output", "m": "max-time", "x": "proxy", "E": "cert", "c": "cookie-jar", "w": "write-out",
    "r": "range", "y": "speed-time", "Y": "speed-limit", "z": "time-cond", "U": "proxy-user",
    "K": "config", "D": "dump-header", "C": "continue-at", "Q": "quote", "t": "telnet-option",
}  # fmt: skip
NO_VALUE_SHORT = frozenset("GLkIsSvVifgjaNnpqORlBZ#0123467")
WITH_VALUE = frozenset(
    (set(SHORT.values()) - {"get", "location", "insecure", "head"})
    | {
        "url", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json", "form-string",
        "oauth2-bearer", "connect-timeout", "retry", "retry-delay", "retry-max-time", "cacert",
        "capath", "key", "cert-type", "key-type", "pass", "proto", "resolve", "connect-to",
        "limit-rate", "max-redirs", "interface", "ciphers", "tls-max", "aws-sigv4", "url-query",
        "unix-socket", "noproxy", "max-filesize", "request-target", "variable", "expand-url",
    }
)  # fmt: skip
# Said by a person's terminal, not to the service.
SILENT = frozenset(
    {
        "silent", "show-error", "verbose", "include", "fail", "fail-with-body", "compressed",
        "output", "globoff", "no-buffer", "progress-bar", "write-out", "http1.1", "http2",
        "no-progress-meter", "tlsv1.2", "tlsv1.3", "remote-name", "create-dirs", "location-trusted",
    }
)  # fmt: skip
DATA = frozenset({"data", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json"})


def options_of(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of a command with their values; what is no option is an address."""
    waiting = iter(words)
    for word in waiting:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            if name in WITH_VALUE and not equals:
                value = next(waiting, "")
            yield name, value
        elif word.startswith("-") and len(word) > 1:
            yield from _short_options(word[1:], waiting)
        else:
            yield "url", word


def _short_options(letters: str, waiting: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield what letters behind one hyphen say: `-sXPOST` is silent, and POST."""
    for at, letter in enumerate(letters):
        name = SHORT.get(letter, letter)
        if letter in NO_VALUE_SHORT:
            yield name if letter in SHORT else "silent", ""
            continue
        rest = letters[at + 1 :]
        yield name, rest or next(waiting, "")
        return
