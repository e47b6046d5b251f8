"""Reading Dockerfiles."""

import unittest

from standin import dockerfile
from standin.dockerfile import DockerfileError


def listed(text):
    """Returns the instructions of all stages as `line NAME text`."""
    _, stages = dockerfile.parse(text)
    return [f"{found.line} {found}" for stage in stages for found in stage.instructions]


class Reading(unittest.TestCase):
    def test_comments_and_empty_lines_inside_a_continued_line(self):
        text = "FROM a\n# one\nRUN x && \\\n  # two\n\n  y\ncopy a b"
        self.assertEqual(listed(text), ["3 RUN x && y", "7 COPY a b"])

    def test_another_escape_character(self):
        self.assertEqual(listed("# escape=`\nFROM a\nRUN x `\n y"), ["3 RUN x y"])

    def test_stages_and_flags(self):
        text = "ARG V=1\nFROM --platform=linux/amd64 a:$V AS Build\nFROM scratch\nCOPY --from=build --chown=1:2 /a /b"
        arguments, stages = dockerfile.parse(text)
        self.assertEqual([found.text for found in arguments], ["V=1"])
        self.assertEqual([(stage.base, stage.name) for stage in stages], [("a:$V", "build"), ("scratch", "")])
        self.assertEqual(stages[1].instructions[0].flags, {"from": "build", "chown": "1:2"})

    def test_json_form(self):
        _, stages = dockerfile.parse('FROM a\nCMD ["x", "y z"]\nCMD [x]')
        self.assertEqual([found.json_list() for found in stages[0].instructions], [["x", "y z"], None])

    def test_mistakes_name_their_line(self):
        cases = {
            "FROM a\n\nFOO x": "Dockerfile:3: unknown instruction: FOO",
            "RUN x\nFROM a": "Dockerfile:1: RUN before the first FROM",
            "# nothing": "Dockerfile:1: no FROM: there is nothing to build",
            "FROM a b": "Dockerfile:1: FROM takes `image` or `image AS name`",
            "FROM a\nRUN": "Dockerfile:2: RUN needs an argument",
            "FROM a\nRUN cat <<EOF\nx\nEOF": "Dockerfile:2: RUN with a here-document is not supported",
        }
        for text, message in cases.items():
            with self.subTest(text=text), self.assertRaises(DockerfileError) as caught:
                dockerfile.parse(text)
            self.assertEqual(str(caught.exception), message)


class Words(unittest.TestCase):
    def test_quotes_and_variables(self):
        variables = {"A": "1 2", "E": ""}
        cases = {
            "a b  c": ["a", "b", "c"],
            'x="a b" y=\'$A\'': ["x=a b", "y=$A"],
            "$A ${A}x \\$A": ["1 2", "1 2x", "$A"],
            "${E:-d} ${A:+set} ${E:+set}${N:-$A}": ["d", "set", "1 2"],
            '""': [""],
        }
        for text, words in cases.items():
            with self.subTest(text=text):
                self.assertEqual(dockerfile.words(text, variables), words)

    def test_assignments(self):
        def pairs(text):
            return dockerfile.assignments(dockerfile.instruction(1, f"ENV {text}"), {})

        self.assertEqual(pairs('A=1 B="2 3"'), {"A": "1", "B": "2 3"})
        self.assertEqual(pairs("A 1 2"), {"A": "1 2"})
        with self.assertRaisesRegex(DockerfileError, "needs a value for A"):
            pairs("A")
