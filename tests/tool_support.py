"""What the tests of the program `optim` have in common: running it, counting what is wrong, and files as bytes."""
import json
import struct
import subprocess

FINE, DIFFERS, MISUSE, FAILED = 0, 1, 2, 3


class Tool:
    """The program, and tests/tool_states; None: this build cannot save."""

    def __init__(self, program, states=None):
        self.program, self.states, self.failures = program, states, 0

    def run(self, *arguments, **options):
        return subprocess.run([self.program, *arguments], capture_output=True, timeout=120, errors="surrogateescape",
                              **options)

    def check(self, condition, message):
        if not condition:
            self.failures += 1
            print(f"tool: {message}")

    def expect(self, status, *arguments, says=""):
        """Run it; it must exit with that status, and say so on the error stream if all is not well."""
        done = self.run(*arguments)
        told = done.returncode == status and says in done.stdout + done.stderr
        wrong = status in (MISUSE, FAILED) or (status == DIFFERS and "verify" in arguments)
        self.check(told and bool(done.stderr) == wrong,
                   f"{' '.join(arguments)}: exits with {done.returncode}, not {status}, or does not say {says!r}:\n"
                   f"{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments, status=FINE):
        done = self.run(*arguments, "--json")
        self.check(done.returncode == status, f"{arguments} --json: exits with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def write_states(self, folder):
        subprocess.run([self.states, folder], check=True)

    def checksum(self, data):
        done = subprocess.run([self.states, "--checksum"], input=data, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def seal(self, header):
        """Have the checksum of the metadata be right again."""
        texts = header["__metadata__"]
        keys = sorted(key for key in texts if key != "checksum")
        text = "".join(f"{key}\0{texts[key]}\0" for key in keys)
        texts["checksum"] = json.dumps(self.checksum(text.encode()))
        return header

    def verdict(self):
        """For sys.exit."""
        print("tool: " + (f"{self.failures} checks failed" if self.failures else "all is well"))
        return self.failures != 0


def split(data):
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + length]), data[8 + length:]


def join(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data
