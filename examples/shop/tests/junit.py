"""Runs the tests and writes a JUnit report: `python3 -m tests.junit reports/unit.xml`."""

import pathlib
import sys
import time
import unittest
import xml.etree.ElementTree as xml


class Report(unittest.TextTestResult):
    """Keeps each test's time and failure."""

    def startTest(self, test):
        super().startTest(test)
        self.case = xml.SubElement(self.suite, "testcase", name=test.id().rsplit(".", 1)[1], classname=test.id().rsplit(".", 1)[0])
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.case.set("time", f"{time.monotonic() - self.started:.3f}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        xml.SubElement(self.case, "failure", message=str(err[1])).text = self.failures[-1][1]

    def addError(self, test, err):
        super().addError(test, err)
        xml.SubElement(self.case, "error", message=str(err[1])).text = self.errors[-1][1]


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    Report.suite = xml.Element("testsuite", name="unit")
    result = unittest.TextTestRunner(resultclass=Report, verbosity=2).run(unittest.defaultTestLoader.discover("tests"))
    Report.suite.set("tests", str(result.testsRun))
    Report.suite.set("failures", str(len(result.failures)))
    Report.suite.set("errors", str(len(result.errors)))
    target.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(Report.suite).write(target, encoding="utf-8", xml_declaration=True)
    sys.exit(not result.wasSuccessful())
