"""Pages held to being well formed."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta"}


class Strict(HTMLParser):
    """Reads a page, and holds it to closing what it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open it."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        self.text += data


def read_page(text: str) -> Strict:
    """A page that is well formed."""
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser
