//! The reports that are written at the end: JUnit and HTML.

use cirun_engine::{Event, EventKind, Outcome};
use cirun_report::{HTML, JUNIT, ReportSink, Sink};
use insta::assert_snapshot;

use crate::{Closed, script, written};

#[test]
fn junit() {
    assert_snapshot!(written(&script::failing(), |out| Box::new(ReportSink::new(&JUNIT, out))), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="shop" tests="5" skipped="2" failures="1" errors="0" time="6.040">
        <testsuite name="build" tests="5" skipped="2" errors="0" failures="1" time="6.020">
            <testcase name="deps" classname="shop.build" time="1.300">
                <properties>
                    <property name="exit_code" value="0"/>
                </properties>
                <system-out>Collecting flask==3.0.0
    Successfully installed flask-3.0.0 redis-5.0.1
    </system-out>
            </testcase>
            <testcase name="checks.lint" classname="shop.build" time="0.600">
                <properties>
                    <property name="exit_code" value="0"/>
                </properties>
                <system-out>All checks passed!
    </system-out>
            </testcase>
            <testcase name="checks.unit" classname="shop.build" time="2.300">
                <properties>
                    <property name="exit_code" value="1"/>
                    <property name="tests" value="12"/>
                    <property name="tests_passed" value="9"/>
                    <property name="tests_failed" value="2"/>
                    <property name="tests_skipped" value="1"/>
                </properties>
                <failure message="exit code 1" type="failed"/>
                <system-out>collected 12 items
    E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
    FAILED tests/test_catalog.py::test_price - ConnectionError
    2 failed, 9 passed, 1 skipped in 2.11s
    </system-out>
            </testcase>
            <testcase name="push" classname="shop.build" time="0.000">
                <skipped message="an earlier step failed"/>
            </testcase>
            <testcase name="notify" classname="shop.build" time="0.200">
                <properties>
                    <property name="exit_code" value="127"/>
                </properties>
                <skipped message="failed and ignored: exit code 127: command not found"/>
                <system-out>sh: 1: slack-send: not found
    </system-out>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn junit_of_two_stages() {
    assert_snapshot!(written(&script::two_stages(), |out| Box::new(ReportSink::new(&JUNIT, out))), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="shop" tests="4" skipped="0" failures="2" errors="1" time="74.000">
        <testsuite name="build" tests="1" skipped="0" errors="0" failures="0" time="64.000">
            <testcase name="compile" classname="shop.build" time="3.000">
                <properties>
                    <property name="exit_code" value="0"/>
                </properties>
                <system-out>100% done
    </system-out>
            </testcase>
        </testsuite>
        <testsuite name="scan" tests="3" skipped="0" errors="1" failures="2" time="10.000">
            <testcase name="database" classname="shop.scan" time="0.000">
                <failure message="failed after 0.0s" type="failed"/>
            </testcase>
            <testcase name="integration.backend.security.dependencies_0" classname="shop.scan" time="10.000">
                <failure message="timed out after 10.0s" type="timed_out"/>
            </testcase>
            <testcase name="report" classname="shop.scan" time="0.000">
                <error message="aborted after 0.0s" type="aborted"/>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

/// The page without its style sheet.
fn html(events: &[Event]) -> String {
    let page = written(events, |out| Box::new(ReportSink::new(&HTML, out)));
    let (head, rest) = page.split_once("<style>").expect("a style sheet");
    let (_, body) = rest.split_once("</style>").expect("its end");
    format!("{head}<style>…</style>{body}")
}

#[test]
fn html_page() {
    assert_snapshot!(html(&script::failing()), @r##"
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;">
    <title>shop failed - cirun</title>
    <style>…</style>
    </head>
    <body>
    <header><h1>shop <span class="badge bad">failed</span></h1><p class="facts">run 20260302-7f3a · vm · cirun 0.1.0 · began 2026-03-02T09:30:00Z · took 6.0s</p><p>1 failed, 1 ignored, 2 succeeded, 1 skipped</p></header>
    <section><h2>What failed</h2>
    <pre class="digest">✗ checks.unit failed: exit code 1
      2 of 12 tests failed:
      ✗ catalog › test_price: ConnectionError: &lt;refused&gt; &amp; gone
      ✗ catalog › test_stock
      service `catalog` had ended 0.5s before: exit code 137: the kernel killed it at its memory limit of 64 MiB
      ┊ loading index
      ┊ allocating 512 MB
      first error:
      │ E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
      last 3 lines:
      │ FAILED tests/test_catalog.py::test_price - ConnectionError
      │ [Errno 111] Connection refused
      │ 2 failed, 9 passed, 1 skipped in 2.11s
      hint: service `catalog` had already ended: raise `resources.limits.memory` of the step, or give the engine
            more memory</pre></section>
    <section><h2>Notes</h2>
    <ul><li><b class="warn">parity</b> redis: cirun waits until `redis` accepts connections; CI does not <code>service-not-awaited</code></li></ul></section>
    <section><h2>Timeline</h2>
    <h3>build <span class="bad">failed in 6.0s</span></h3><div class="row"><span class="name" title="redis"><a href="#log-0-redis">redis</a></span><span class="track"><span class="bar info service" style="margin-left:23.26%;width:76.74%"></span></span><span class="time">4.6s</span><span class="status info">● service ready</span></div>
    <div class="row"><span class="name" title="catalog"><a href="#log-0-catalog">catalog</a></span><span class="track"><span class="bar bad service" style="margin-left:23.26%;width:65.12%"></span></span><span class="time">3.9s</span><span class="status bad">✗ service ended</span></div>
    <div class="row"><span class="name" title="deps"><a href="#log-0-deps">deps</a></span><span class="track"><span class="bar good" style="margin-left:36.88%;width:21.59%"></span></span><span class="time">1.3s</span><span class="status good">✓ succeeded</span></div>
    <div class="row"><span class="name" title="checks.lint"><a href="#log-0-checks.lint">checks.lint</a></span><span class="track"><span class="bar good" style="margin-left:58.47%;width:9.97%"></span></span><span class="time">0.6s</span><span class="status good">✓ succeeded</span></div>
    <div class="row"><span class="name" title="checks.unit"><a href="#log-0-checks.unit">checks.unit</a></span><span class="track"><span class="bar bad" style="margin-left:58.47%;width:38.21%"></span></span><span class="time">2.3s</span><span class="status bad">✗ failed</span></div>
    <div class="row"><span class="name" title="push"><a href="#log-0-push">push</a></span><span class="track"></span><span class="time"></span><span class="status dim">- skipped</span></div>
    <div class="row"><span class="name" title="notify"><a href="#log-0-notify">notify</a></span><span class="track"><span class="bar warn" style="margin-left:96.68%;width:3.32%"></span></span><span class="time">0.2s</span><span class="status warn">! failed, ignored</span></div>
    </section>
    <section><h2>Logs</h2>
    <details id="log-0-redis"><summary>redis <span class="info">● service ready</span> <span class="dim">Background, 1 line</span></summary><pre>* Ready to accept connections tcp
    </pre></details>
    <details id="log-0-catalog" open=""><summary>catalog <span class="bad">✗ service ended</span> <span class="dim">Background, 1 line</span></summary><pre>listening on :8080
    </pre></details>
    <details id="log-0-deps"><summary>deps <span class="good">✓ succeeded</span> <span class="dim">Run, 2 lines</span></summary><pre>Collecting flask==3.0.0
    Successfully installed flask-3.0.0 redis-5.0.1
    </pre></details>
    <details id="log-0-checks.lint"><summary>checks.lint <span class="good">✓ succeeded</span> <span class="dim">Run, 1 line</span></summary><pre>All checks passed!
    </pre></details>
    <details id="log-0-checks.unit" open=""><summary>checks.unit <span class="bad">✗ failed</span> <span class="dim">Run, 4 lines, 2 of 12 tests failed</span></summary><pre>collected 12 items
    E   requests.exceptions.ConnectionError: [Errno 111] Connection refused
    FAILED tests/test_catalog.py::test_price - ConnectionError
    2 failed, 9 passed, 1 skipped in 2.11s
    </pre></details>
    <details id="log-0-push"><summary>push <span class="dim">- skipped</span> <span class="dim">0 lines</span></summary></details>
    <details id="log-0-notify"><summary>notify <span class="warn">! failed, ignored</span> <span class="dim">Run, 1 line</span></summary><pre>sh: 1: slack-send: not found
    </pre></details>
    </section>
    </body>
    </html>
    "##);
}

#[test]
fn html_carries_no_markup_of_steps() {
    let mut script = script::Script::new();
    script
        .run_started(&[("build", 1)])
        .started("a", "Run")
        .out("a", "</pre><script>alert(1)</script><img src=x>")
        .say(EventKind::RunFinished { outcome: Outcome::Succeeded, exit_code: 0, elapsed: std::time::Duration::ZERO });
    let page = html(&script.events);
    assert!(page.contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x&gt;"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn reports_come_only_at_the_end_and_say_when_they_cannot() {
    let events = script::failing();
    let (last, before) = events.split_last().unwrap();
    let mut sinks: [(Box<dyn Sink>, &str); 2] = [
        (Box::new(ReportSink::new(&JUNIT, Closed)), "cannot write the JUnit report"),
        (Box::new(ReportSink::new(&HTML, Closed)), "cannot write the HTML report"),
    ];
    for (sink, message) in &mut sinks {
        for event in before {
            sink.consume(event).unwrap();
        }
        assert_eq!(sink.consume(last).unwrap_err().to_string(), *message);
    }
}
