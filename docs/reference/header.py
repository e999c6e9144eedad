"""Reads include/optim/optim.h: its sections, its comments and what they are about.

The header's comments are prose. What a line of one is follows from its shape:

     * Text.
     *   name       a term and what it means: two blanks or more between them,
     *              and what is indented deeper goes on with it
     *   - a point of a list
     *
     *     code, after an empty line
"""
import re
from dataclasses import dataclass, field

FIRST_SECTION = "Handles, status and version" # what stands before the first heading of the header
RUN_IN = re.compile(r"^[A-Z]\w*(?: \w+)?[.,](?= )") # the heading of a paragraph of the overview
SECTION = re.compile(r"/\* -{4} (.*?) -{4,} \*/")


class HeaderError(Exception):
    pass


@dataclass
class Line:
    kind: str # "empty", "text", "term", "more" (of a term or point), "point" or "code"
    text: str
    name: str = "" # of a term; "a, b" for two of them


@dataclass
class Comment:
    begin: int # the numbers of its first and last line
    end: int
    lines: list

    def paragraphs(self):
        """Its lines, cut at the empty ones."""
        result = [[]]
        for line in self.lines:
            if line.kind == "empty":
                result.append([])
            else:
                result[-1].append(line)
        return [lines for lines in result if lines]


@dataclass
class Declaration:
    """A function, a type or a macro."""
    kind: str # "function", "type" or "macro"
    name: str
    code: list # its lines
    begin: int # the number of the first

    def parameters(self):
        code = " ".join(self.code)
        return re.findall(r"(\w+)(?=\s*[,)])", code[code.index("("):])

    def macro(self):
        """The value of a macro and the comment behind it, "" if there is none."""
        value, comment = re.fullmatch(r"#define\s+\w+\s*(.*?)\s*(?:/\* (.*) \*/)?", self.code[0]).groups()
        return value, comment or ""


@dataclass
class Entry:
    """What stands right below one comment, which is about all of it."""
    comment: Comment
    declarations: list

    @property
    def macros(self):
        return self.declarations[0].kind == "macro"


@dataclass
class Section:
    title: str
    begin: int # the number of the line of its heading, or of the one before its first comment
    entries: list = field(default_factory=list)

    def functions(self):
        return [each for entry in self.entries for each in entry.declarations if each.kind == "function"]


@dataclass
class Header:
    overview: Comment
    sections: list
    lines: list

    def names(self):
        return {each.name for section in self.sections for entry in section.entries for each in entry.declarations}


def read_comment(lines, begin):
    """The comment that begins in that line."""
    end = begin
    while "*/" not in lines[end]:
        end += 1
    result = Comment(begin, end, [])
    for line in lines[begin:end + 1]:
        text = re.sub(r"^\s*/?\*(?!/) ?", "", re.sub(r"\s*\*/$", "", line))
        if text or line.strip() == "*":
            result.lines.append(classify(text, result.lines))
    return result


def classify(text, before):
    last = before[-1].kind if before else "empty"
    indent = len(text) - len(text.lstrip())
    text = text.strip()
    term = re.fullmatch(r"(\w+(?:, \w+)*)  +(.*)", text)
    if not text:
        return Line("empty", "")
    if indent >= 4 and (last == "code" or last == "empty"):
        return Line("code", " " * (indent - 4) + text)
    if indent and text.startswith("- "):
        return Line("point", text[2:])
    if 0 < indent <= 4 and term:
        return Line("term", term[2], term[1])
    if indent and last not in ("text", "empty"):
        return Line("more", text)
    return Line("text", text)


def read_declarations(lines, begin):
    """Those from that line to the next empty one."""
    result, i = [], begin
    while lines[i]:
        end = i
        if lines[i].startswith("#define"):
            result.append(Declaration("macro", re.match(r"#define\s+(\w+)", lines[i])[1], [lines[i]], i))
        else:
            while not lines[end].endswith(";"):
                end += 1
            code = lines[i:end + 1]
            kind = "type" if code[0].startswith("typedef") else "function"
            name = re.search(r"\(\*(\w+)\)\(|(\w+)\(|(\w+);", " ".join(code))
            result.append(Declaration(kind, name[1] or name[2] or name[3], code, i))
        i = end + 1
    return result


def read(path):
    """Reads the header; raises HeaderError where something public has no comment, or the wrong one."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    header = Header(read_comment(lines, 0), [], lines)
    i = header.overview.end + 1
    while i < len(lines):
        heading = SECTION.fullmatch(lines[i])
        if heading:
            header.sections.append(Section(heading[1], i))
        elif lines[i].startswith("/*"):
            comment = read_comment(lines, i)
            if not header.sections:
                header.sections.append(Section(FIRST_SECTION, i - 1))
            entry = Entry(comment, read_declarations(lines, comment.end + 1))
            if not entry.declarations:
                raise HeaderError(f"{path}:{i + 1}: nothing follows this comment")
            header.sections[-1].entries.append(entry)
            i = entry.declarations[-1].begin + len(entry.declarations[-1].code) - 1
        elif re.match(r"OPTIM_API |typedef |#define OPTIM_(?!API\b|OPTIM_H\b)", lines[i]):
            raise HeaderError(f"{path}:{i + 1}: no comment says what this is: {lines[i]}")
        i += 1
    check(header, path)
    return header


def check(header, path):
    """What the prose names must be there: parameters, and whatever begins with optim_ or OPTIM_."""
    known = header.names() | {line.name for line in header.overview.lines if line.kind == "term"}
    for entry in [Entry(header.overview, [])] + [entry for section in header.sections for entry in section.entries]:
        parameters = [name for each in entry.declarations if each.kind == "function" for name in each.parameters()]
        for number, line in enumerate(entry.comment.lines, entry.comment.begin + 1):
            if parameters and line.kind == "term":
                wrong = set(line.name.split(", ")) - set(parameters)
                if wrong:
                    raise HeaderError(f"{path}:{number}: no parameter is called {min(wrong)}")
            wrong = set(re.findall(r"\b(?:optim|OPTIM)_\w*[A-Za-z0-9]\b", line.text)) - known
            if wrong:
                raise HeaderError(f"{path}:{number}: there is no {min(wrong)}")
