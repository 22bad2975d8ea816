"""The PDF of a printed record: A4, pages numbered, long tables over pages with their titles."""

import io
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace, TTFFont

from kianda.lib.i18n import grouped
from processes.models import File
from processes.printing.printed_record import PrintedField, PrintedRecord, PrintedTable

FONT: Final = "record"
# Millimetres.
_MARGIN, _LABEL, _PICTURE, _LINE = 18, 48, 45, 5.2
_GREY, _INK, _SUNKEN = (95, 99, 104), (25, 28, 31), (241, 243, 245)
# A word longer than a line is broken by the library; of a text without end nobody reads more.
LONGEST_VALUE: Final = 20_000
MOST_COLUMNS: Final = 12
# It says in its log which signs a font lacks, on each page anew.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)

Moment = Callable[[datetime], str]
Picture = Callable[[File], bytes | None]


def pdf_of(record: PrintedRecord, *, moment: Moment, picture: Picture) -> bytes:
    """Return the PDF of a record. `moment` says a time in words, `picture` draws a file small."""
    with closing(_Drawing(record, moment, picture)) as drawing:
        return drawing.drawn()


class _Pages(FPDF):
    """Pages with number, title and page number below."""

    def __init__(self, below: str) -> None:
        super().__init__(format="A4")
        self._below = below
        fonts = files("font_source_sans_pro") / "files"
        for style, name in (("", "Regular"), ("B", "Semibold")):
            self.add_font(FONT, style, str(fonts / f"SourceSansPro-{name}.ttf"))
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 4)
        self.set_creator("Kianda")
        self.alias_nb_pages()

    def close_fonts(self) -> None:
        """Close the files of the fonts."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def footer(self) -> None:
        """Write number, title and page below each page."""
        self.set_y(-_MARGIN + 2)
        self.set_font(FONT, "", 8)
        self.set_text_color(*_GREY)
        self.cell(w=self.epw - 30, text=self._below)
        self.cell(w=30, text=f"{self.page_no()} / {{nb}}", align="R")


class _Drawing:
    """Draws one record on pages."""

    def __init__(self, record: PrintedRecord, moment: Moment, picture: Picture) -> None:
        self._record, self._moment, self._picture = record, moment, picture
        self._pdf = _Pages(_drawable(f"{record.number} · {record.title}"[:110]))
        self._pdf.set_title(record.title)

    def close(self) -> None:
        """Close the files of the fonts, which the library leaves open."""
        self._pdf.close_fonts()

    def drawn(self) -> bytes:
        """Draw all of it."""
        self._pdf.add_page()
        self._head()
        for form in self._record.forms:
            self._heading(form.title, form.state)
            for field in form.fields:
                self._field(field)
        self._comments()
        return bytes(self._pdf.output())

    def _write_in(
        self, size: float, *, bold: bool = False, color: tuple[int, int, int] = _INK
    ) -> None:
        self._pdf.set_font(FONT, "B" if bold else "", size)
        self._pdf.set_text_color(*color)

    def _line(self, text: str, height: float = _LINE) -> None:
        self._pdf.multi_cell(
            w=self._pdf.epw,
            h=height,
            text=_drawable(text),
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
        )

    def _head(self) -> None:
        record = self._record
        self._write_in(9, color=_GREY)
        self._line(record.kind)
        self._write_in(18, bold=True)
        self._line(record.title, 8.5)
        self._write_in(11, bold=True)
        self._line(record.status)
        self._write_in(9, color=_GREY)
        words = _("%(number)s · created %(moment)s")
        if record.created_by:
            words = _("%(number)s · created %(moment)s by %(name)s")
        self._line(words % {
            "number": record.number, "moment": self._moment(record.created),
            "name": record.created_by,
        })  # fmt: skip
        self._pdf.ln(3)
        for at, (title, state, done) in enumerate(record.steps, 1):
            self._write_in(10)
            told = [f"{at}. {title}", state, self._moment(done) if done else ""]
            self._line(" · ".join(one for one in told if one))

    def _heading(self, title: str, state: str = "") -> None:
        if self._pdf.will_page_break(25):
            self._pdf.add_page()
        self._pdf.ln(5)
        self._write_in(13, bold=True)
        self._line(title, 6.5)
        if state:
            self._write_in(9, color=_GREY)
            self._line(state)
        self._pdf.set_draw_color(200, 204, 208)
        self._pdf.line(
            self._pdf.l_margin,
            self._pdf.get_y() + 1,
            self._pdf.l_margin + self._pdf.epw,
            self._pdf.get_y() + 1,
        )
        self._pdf.ln(3)

    def _field(self, field: PrintedField) -> None:
        if field.table is not None:
            if self._pdf.will_page_break(20):
                self._pdf.add_page()
            self._write_in(10, bold=True)
            self._line(field.title)
            self._table(field.table)
            return
        if self._pdf.will_page_break(2 * _LINE):
            self._pdf.add_page()
        top = self._pdf.get_y()
        self._write_in(10, color=_GREY)
        self._pdf.multi_cell(
            w=_LABEL, h=_LINE, text=_drawable(field.title), align="L", new_x="LMARGIN"
        )
        label_end, label_page = self._pdf.get_y(), self._pdf.page_no()
        self._pdf.set_xy(self._pdf.l_margin + _LABEL + 2, top)
        self._write_in(10)
        self._pdf.multi_cell(
            w=self._pdf.epw - _LABEL - 2, h=_LINE, text=_drawable(_cut(field.words)), align="L",
            new_x="LMARGIN", new_y="NEXT",
        )  # fmt: skip
        if self._pdf.page_no() == label_page:
            self._pdf.set_y(max(self._pdf.get_y(), label_end))
        self._pictures(field.pictures)
        self._pdf.ln(1)

    def _pictures(self, pictures: Sequence[File]) -> None:
        for file in pictures:
            drawn = self._picture(file)
            if drawn is None:
                continue
            if self._pdf.will_page_break(_PICTURE):
                self._pdf.add_page()
            info = self._pdf.image(
                io.BytesIO(drawn), x=self._pdf.l_margin + _LABEL + 2, w=_PICTURE, h=_PICTURE,
                keep_aspect_ratio=True, alt_text=file.name,
            )  # fmt: skip
            self._pdf.set_y(self._pdf.get_y() + (2 if info else 0))

    def _table(self, table: PrintedTable) -> None:
        if not table.titles:
            return
        shown = min(len(table.titles), MOST_COLUMNS)
        self._write_in(9 if shown <= 6 else 7.5)
        with self._pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES, text_align="LEFT",
            line_height=4.6 if shown <= 6 else 4, padding=0.8, width=self._pdf.epw,
            repeat_headings=1,
            headings_style=FontFace(emphasis="BOLD", fill_color=_SUNKEN),
        ) as drawn:  # fmt: skip
            for row in (table.titles, *table.rows):
                cells = drawn.row()
                for cell in row[:shown]:
                    # A row stands on one page: what would fill it alone is cut.
                    cells.cell(_drawable(cell[:600]))
        self._write_in(9, color=_GREY)
        if not table.rows:
            self._line(_("No rows"))
        if table.left:
            self._line(_("%(n)s more rows are not printed.") % {"n": grouped(table.left)})
        if shown < len(table.titles):
            left = len(table.titles) - shown
            self._line(_("%(n)s more columns are not printed.") % {"n": left})
        self._pdf.ln(2)

    def _comments(self) -> None:
        if not self._record.comments:
            return
        self._heading(_("Comments"))
        for one in self._record.comments:
            self._write_in(10, bold=True)
            self._line(f"{one.author} · {self._moment(one.at)}")
            self._write_in(10)
            self._line(_cut(one.text))
            self._pdf.ln(2)
        if self._record.comments_left:
            self._write_in(9, color=_GREY)
            words = _("%(n)s older comments are not printed.")
            self._line(words % {"n": grouped(self._record.comments_left)})


@cache
def _known_signs() -> frozenset[int]:
    """Return the signs that the font has."""
    pdf = _Pages("")
    font = pdf.fonts[FONT]
    assert isinstance(font, TTFFont)
    known = frozenset(font.cmap) | {ord("\n")}
    pdf.close_fonts()
    return known


def _drawable(text: str) -> str:
    """Return a text in which what the font has no sign for is told, not lost."""
    known = _known_signs()
    plain = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(sign if ord(sign) in known else "?" for sign in plain)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
