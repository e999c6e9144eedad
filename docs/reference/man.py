#!/usr/bin/env python3
"""Write the manual pages of section 3 from the prose of include/optim/optim.h.

usage: man.py --list HEADER
       man.py HEADER DIRECTORY

There is a page for each section of the header, called after its first function, with a link to it for every other
one, and optim.3 about the whole. --list names the files. SOURCE_DATE_EPOCH says which date they carry.
"""
import os
import re
import sys
import time

import header


def escape(text):
    text = text.replace("\\", "\\e").replace("~", "\\(ti").replace("^", "\\(ha")
    return re.sub(r"^(?=[.'])", r"\\&", text)


def prose(text, known):
    """Functions with their section and everything of the library in bold, arguments in italics."""
    def bold(match):
        return f"\\fB{match[0]}\\fP" + ("(3)" if match[0] in known.functions else "")
    text = re.sub(r"`(.*?)`", r"\\fI\1\\fP", escape(text))
    return re.sub(r"\b(?:optim|OPTIM)_\w+\b(?!\()", lambda m: bold(m) if m[0] in known.all else m[0], text)


def code(lines):
    return [".nf", *(f"\\fB{escape(line)}\\fP" if line else "" for line in lines), ".fi"]


def page_of(section):
    return section.functions()[0].name


class Pages:
    def __init__(self, path):
        self.header = header.read(path)
        self.all = self.header.names()
        self.sections = self.header.sections
        self.functions = {each.name: section for section in self.sections for each in section.functions()}
        version = next(each for entry in self.sections[0].entries for each in entry.declarations
                       if each.name == "OPTIM_VERSION").macro()[0].strip('"')
        date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
        self.title = f'3 "{date}" "liboptim {version}" "liboptim manual"\n.nh\n.ad l'

    def files(self):
        """The name of each page and what is in it."""
        yield "optim.3", self.overview()
        for section in self.sections:
            yield f"{page_of(section)}.3", self.page(section)
            for each in section.functions()[1:]:
                yield f"{each.name}.3", [f".so man3/{page_of(section)}.3"]

    def paragraph(self, lines):
        """Text, and below it terms, points or code."""
        result, before = [], None
        for line in lines:
            if line.kind == "code":
                result += [] if before == "code" else [".sp", ".RS 4", ".nf"]
                result += [f"\\fB{escape(line.text)}\\fP"]
            elif line.kind == "term":
                result += [".TP", f"\\fI{line.name}\\fP", prose(line.text, self)]
            elif line.kind == "point":
                result += [".IP \\(bu 3", prose(line.text, self)]
            elif line.kind == "text" and before in ("term", "point", "more"):
                result += [".PP", prose(line.text, self)]
            else:
                result.append(prose(line.text, self))
            before = line.kind
        return result + ([".fi", ".RE"] if before == "code" else [])

    def paragraphs(self, comment):
        result = []
        for i, lines in enumerate(comment.paragraphs()):
            result += [".PP"] * (i > 0) + self.paragraph(lines)
        return result

    def run_ins(self):
        """The paragraphs of the overview that have a heading, by it."""
        result = {}
        for lines in self.header.overview.paragraphs():
            heading = re.match(header.RUN_IN, lines[0].text)
            if heading:
                rest = lines[0].text[heading.end():].strip()
                rest = header.Line("text", rest[0].upper() + rest[1:])
                result[heading[0].rstrip(".,")] = self.paragraph([rest] + lines[1:])
        return result

    def overview(self):
        paragraphs = [lines for lines in self.header.overview.paragraphs()
                      if not re.match(header.RUN_IN, lines[0].text)]
        name, summary = paragraphs[0][0].text.rstrip(".").split(": ")
        result = [f".TH optim {self.title}", ".SH NAME", f"optim \\- {name}: {summary}", ".SH SYNOPSIS",
                  *code(["#include <optim/optim.h>", "", "cc program.c $(pkg-config --cflags --libs optim)"]),
                  ".SH DESCRIPTION"]
        for i, lines in enumerate(paragraphs[1:]):
            result += [".PP"] * (i > 0 and lines[0].kind != "code") + self.paragraph(lines)
        for heading, text in self.run_ins().items():
            result += [f".SH {heading.upper()}", *text]
        result.append(".SH FUNCTIONS")
        for section in self.sections:
            names = ", ".join(f"\\fB{each.name}\\fP(3)" for each in section.functions())
            result += [".TP", escape(section.title), names]
        for entry in self.sections[0].entries:
            if entry.macros and len(entry.declarations) > 1:
                result += self.group(entry)
        return result + self.see_also([page_of(section) for section in self.sections])

    def group(self, entry):
        title, text = re.fullmatch(r"(.*?)\. (.*)", " ".join(line.text for line in entry.comment.lines)).groups()
        result = [f".SH {escape(title.upper().replace('`', ''))}", prose(text, self)]
        for each in entry.declarations:
            value, comment = each.macro()
            result += [".TP", f"\\fB{each.name}\\fP = {value.strip('()').replace('-', chr(92) + '-')}",
                       prose(comment, self)]
        return result

    def page(self, section):
        functions = section.functions()
        result = [f".TH {page_of(section)} {self.title}", ".SH NAME",
                  ", ".join(each.name for each in functions) + f" \\- liboptim: {section.title[0].lower()}{section.title[1:]}",
                  ".SH SYNOPSIS"]
        synopsis = ["#include <optim/optim.h>"]
        for entry in section.entries:
            for each in entry.declarations:
                if each.kind != "macro":
                    synopsis += ["", *(line.removeprefix("OPTIM_API ") for line in each.code)]
        result += [*code(synopsis), ".SH DESCRIPTION"]
        mentioned = []
        for entry in section.entries:
            if not entry.macros:
                result += [".SS " + ", ".join(each.name for each in entry.declarations), *self.paragraphs(entry.comment)]
            mentioned += re.findall(r"\boptim_\w+", " ".join(line.text for line in entry.comment.lines))
        if any(each.code[0].startswith("OPTIM_API int ") for each in functions):
            result += [".SH RETURN VALUE", *self.run_ins()["Result"]]
        others = [page_of(self.functions[name]) for name in mentioned if name in self.functions]
        return result + self.see_also(["optim"] + [name for name in others if name != page_of(section)])

    @staticmethod
    def see_also(names):
        links = [f"\\fB{name}\\fP(3)" for name in dict.fromkeys(names)]
        return [".SH SEE ALSO", *(link + "," for link in links[:-1]), links[-1]]


def main():
    arguments = sys.argv[1:]
    if len(arguments) != 2:
        sys.exit(__doc__)
    try:
        files = dict(Pages(arguments[1] if arguments[0] == "--list" else arguments[0]).files())
    except header.HeaderError as error:
        sys.exit(str(error))
    if arguments[0] == "--list":
        print("\n".join(files))
        return
    os.makedirs(arguments[1], exist_ok=True)
    for name, lines in files.items():
        with open(os.path.join(arguments[1], name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
