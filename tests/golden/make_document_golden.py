#!/usr/bin/env python3
"""Makes the office documents of tests/golden/documents, which collection/documents reads in tests.

    pip install python-docx==1.2.0 odfpy==1.4.1 ebooklib==0.20 reportlab==5.1.0 pypdf==7.1.1
    python3 tests/golden/make_document_golden.py

The Markdown beside them (NAME.md) is written by hand: what a person would take each for.
"""
import datetime
import io
import os
import zipfile

import docx
import ebooklib.epub as epub
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from odf import dc, meta, table, text
from odf.opendocument import OpenDocumentText
from odf.style import Style, TextProperties
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen import canvas

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "documents")
DATE = datetime.datetime(2024, 3, 5, 10, 11, 12)


def path(name):
    return os.path.join(FOLDER, name)


def element(tag, text=None, **attributes):
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn("w:" + key), value)
    if text is not None:
        made.text = text
    return made


def run(text, tag="w:t"):
    made = element("w:r")
    made.append(element(tag, text))
    return made


def make_docx():
    document = docx.Document()
    document.core_properties.title = "On the Engine"
    document.core_properties.author = "Ada Lovelace"
    document.core_properties.created = DATE
    document.add_heading("On the Engine", 0)
    document.add_heading("What it does", 1)
    paragraph = document.add_paragraph("It weaves ")
    paragraph.add_run("algebraical ").bold = True
    paragraph.add_run("patterns").bold = True
    paragraph.add_run(", just as the loom weaves ")
    paragraph.add_run("flowers").italic = True
    paragraph.add_run(" and leaves.")
    for name in ("the mill", "the store"):
        document.add_paragraph(name, style="List Bullet")
    for name in ("read a card", "turn the crank"):
        document.add_paragraph(name, style="List Number")
    document.add_paragraph("A little learning is a dangerous thing.", style="Quote")
    changed = document.add_paragraph("It originates ")
    inserted = element("w:ins", author="Ada", id="1")
    inserted.append(run("nothing"))
    deleted = element("w:del", author="Ada", id="2")
    deleted.append(run("everything", "w:delText"))
    changed._p.append(inserted)
    changed._p.append(deleted)
    changed._p.append(run(" of itself."))
    link = document.add_paragraph("See ")
    target = document.part.relate_to("https://example.org/engine",
                                     "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
                                     is_external=True)
    anchor = OxmlElement("w:hyperlink")
    anchor.set(qn("r:id"), target)
    anchor.append(run("the drawings"))
    link._p.append(anchor)
    link._p.append(run("."))
    hidden = document.add_paragraph("Seen")
    secret = hidden.add_run(" and not seen")
    secret.font.hidden = True
    cells = document.add_table(rows=2, cols=2)
    for row, values in enumerate((("part", "weight"), ("mill", "3 t"))):
        for column, value in enumerate(values):
            cells.cell(row, column).text = value
    document.add_paragraph("The end.")
    document.sections[0].header.paragraphs[0].text = "A running head"
    document.save(path("engine.docx"))


def make_odt():
    document = OpenDocumentText()
    document.meta.addElement(dc.Title(text="On the Engine"))
    document.meta.addElement(meta.InitialCreator(text="Ada Lovelace"))
    document.meta.addElement(dc.Creator(text="Bob Miller"))
    document.meta.addElement(meta.CreationDate(text="2024-03-05T10:11:12"))
    document.meta.addElement(dc.Language(text="en-GB"))
    bold = Style(name="T1", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    italic = Style(name="T2", family="text")
    italic.addElement(TextProperties(fontstyle="italic"))
    document.automaticstyles.addElement(bold)
    document.automaticstyles.addElement(italic)
    for name in ("Quotations", "Preformatted Text"):
        document.styles.addElement(Style(name=name.replace(" ", "_20_"), displayname=name, family="paragraph"))
    bullets = text.ListStyle(name="L1")
    bullets.addElement(text.ListLevelStyleBullet(level=1, bulletchar="•"))
    numbers = text.ListStyle(name="L2")
    numbers.addElement(text.ListLevelStyleNumber(level=1, numformat="1", numsuffix="."))
    document.automaticstyles.addElement(bullets)
    document.automaticstyles.addElement(numbers)
    body = document.text
    body.addElement(text.H(outlinelevel=1, text="What it does"))
    paragraph = text.P(text="It weaves ")
    paragraph.addElement(text.Span(stylename=bold, text="algebraical patterns"))
    paragraph.addText(", just as the loom weaves ")
    paragraph.addElement(text.Span(stylename=italic, text="flowers"))
    paragraph.addText(" and leaves.")
    note = text.Note(noteclass="footnote")
    note.addElement(text.NoteCitation(text="1"))
    note_body = text.NoteBody()
    note_body.addElement(text.P(text="Jacquard's loom."))
    note.addElement(note_body)
    paragraph.addElement(note)
    body.addElement(paragraph)
    for style, names in ((bullets, ("the mill", "the store")), (numbers, ("read a card", "turn the crank"))):
        items = text.List(stylename=style)
        for name in names:
            item = text.ListItem()
            item.addElement(text.P(text=name))
            items.addElement(item)
        body.addElement(items)
    body.addElement(text.P(stylename="Quotations", text="A little learning is a dangerous thing."))
    link = text.P(text="See ")
    link.addElement(text.A(href="https://example.org/engine", text="the drawings"))
    link.addText(".")
    body.addElement(link)
    cells = table.Table()
    for values in (("part", "weight"), ("mill", "3 t")):
        row = table.TableRow()
        for value in values:
            cell = table.TableCell()
            cell.addElement(text.P(text=value))
            row.addElement(cell)
        cells.addElement(row)
    body.addElement(cells)
    for line in ("turn", "  crank"):
        code = text.P(stylename="Preformatted_20_Text")
        code.addText(line)
        body.addElement(code)
    document.save(path("engine.odt"))


def make_epub():
    book = epub.EpubBook()
    book.set_identifier("urn:uuid:0")
    book.set_title("Notes")
    book.set_language("en")
    book.add_author("Ada Lovelace")
    book.add_author("Bob Miller", role="ill", uid="illustrator")
    book.add_metadata("DC", "date", "1843-09-01")
    parts = []
    for name, title, content in (
            ("one.xhtml", "Note A", "<h1>Note A</h1><p>The <em>first</em> note.</p>"),
            ("one_more.xhtml", "", "<p>It goes on in a second file.</p>"),
            ("two.xhtml", "Note B", "<h1>Note B</h1><blockquote><p>Quoted.</p></blockquote><p>The second.</p>")):
        part = epub.EpubHtml(title=title, file_name=name, lang="en")
        part.content = content
        book.add_item(part)
        parts.append(part)
    book.toc = [parts[0], parts[2]]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = ["nav"] + parts
    epub.write_epub(path("notes.epub"), book)


def make_pdf():
    body = ("The engine weaves algebraical patterns just as the loom weaves flowers and leaves. It can do "
            "whatever we know how to order it to perform, and it has no power of anticipating any ana-|lytical "
            "relations or truths. Its province is to assist us in making available what we are already "
            "acquainted with.").split()

    def wrapped(page, words, x, y, width):
        line = ""
        for word in words:
            broken = word.split("|")
            tried = (line + " " + broken[0]).strip()
            if page.stringWidth(tried, "Times-Roman", 10) > width:
                page.drawString(x, y, line)
                y -= 12
                tried = broken[0]
            line = tried
            if len(broken) > 1:
                page.drawString(x, y, line)
                y -= 12
                line = broken[1]
        page.drawString(x, y, line)
        return y - 12

    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=A5, invariant=1)
    page.setTitle("On the Engine")
    page.setAuthor("Ada Lovelace")
    width, height = A5
    for number in (1, 2, 3, 4):
        page.setFont("Times-Roman", 8)
        page.drawString(40, height - 30, "A. Lovelace: On the Engine")
        page.drawString(width / 2, 20, str(number))
        y = height - 60
        if number == 1:
            page.setFont("Times-Bold", 16)
            page.drawString(40, y, "On the Engine")
            y -= 30
        page.setFont("Times-Roman", 10)
        for column in (40, width / 2 + 8):
            at = y
            turn = 5 * number + (17 if column > 40 else 0)
            for words in (body[turn:] + body[:turn], [*body[turn + 2:turn + 4], "end", f"{number}."]):
                page.drawString(column + 12, at, words[0])
                shift = page.stringWidth(words[0] + " ", "Times-Roman", 10) + 12
                at = first_line(page, words[1:], column, shift, at, width / 2 - 48, wrapped)
        page.showPage()
    page.save()
    with open(path("engine.pdf"), "wb") as file:
        file.write(buffer.getvalue())
    from pypdf import PdfReader, PdfWriter
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(buffer.getvalue())))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path("locked.pdf"))
    blank = canvas.Canvas(path("scan.pdf"), pagesize=A5, invariant=1)
    blank.rect(10, 10, 100, 100, fill=1)
    blank.save()


def first_line(page, words, x, shift, y, width, wrapped):
    """The rest of an indented first line, then the paragraph's other lines."""
    line, rest = "", list(words)
    while rest and "|" not in rest[0]:
        tried = (line + " " + rest[0]).strip()
        if page.stringWidth(tried, "Times-Roman", 10) > width - shift:
            break
        line = tried
        rest.pop(0)
    page.drawString(x + shift, y, line)
    return wrapped(page, rest, x, y - 12, width) if rest else y - 12


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    make_docx()
    make_odt()
    make_epub()
    make_pdf()
