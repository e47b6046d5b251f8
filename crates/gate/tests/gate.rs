//! The gate without an engine: the program, spoken to over its standard input and output.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test's helpers")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use cirun_gate::protocol::{
    CommandId, Decoder, End, Limit, NotStarted, Order, Program, Report, RequestId, Resource, Size, Stream, VERSION,
    WINDOW, encode,
};

const STEP: CommandId = CommandId(0);

/// A gate, and the executor's side of its stream.
struct Gate {
    process: Child,
    orders: Option<ChildStdin>,
    stream: ChildStdout,
    decoder: Decoder,
}

impl Gate {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cirun-gate"))
            .env("FROM_IMAGE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, stream) = (process.stdin.take(), process.stdout.take().unwrap());
        let mut gate = Self { process, orders, stream, decoder: Decoder::default() };
        assert_eq!(gate.report(), Report::Hello { version: VERSION });
        gate
    }

    fn order(&mut self, order: &Order) {
        self.write(order).unwrap();
    }

    fn write(&mut self, order: &Order) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        encode(order, &mut bytes);
        self.orders.as_mut().unwrap().write_all(&bytes)
    }

    fn report(&mut self) -> Report {
        loop {
            if let Some(report) = self.decoder.next().unwrap() {
                return report;
            }
            let mut piece = [0; 70_000];
            let length = self.stream.read(&mut piece).unwrap();
            assert!(length > 0, "the gate has ended");
            self.decoder.push(&piece[..length]);
        }
    }

    fn start_command(&mut self, command: CommandId, program: Program) {
        self.order(&Order::Run { command, program, alone: command == STEP });
        assert_eq!(self.report(), Report::Started { command });
    }

    fn sh(&mut self, script: &str) {
        self.start_command(STEP, program(&["sh", "-c", script]));
    }

    /// Reads a command's output to its end.
    fn finish(&mut self, command: CommandId) -> (String, String, End) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            match self.report() {
                Report::Output { command: from, stream, bytes } if from == command => {
                    let length = bytes.len() as u64;
                    match stream {
                        Stream::Stdout => stdout.extend(bytes),
                        Stream::Stderr => stderr.extend(bytes),
                    }
                    // A gate that a signal has ended reads no more.
                    drop(self.write(&Order::Ack { command, bytes: length }));
                }
                Report::Ended { command: from, end, oom_killed: _ } if from == command => {
                    let text = |bytes| String::from_utf8(bytes).unwrap();
                    return (text(stdout), text(stderr), end);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn run(&mut self, script: &str) -> (String, String, End) {
        self.sh(script);
        self.finish(STEP)
    }

    fn not_started(&mut self, argv: &[&str]) -> NotStarted {
        self.order(&Order::Run { command: STEP, program: program(argv), alone: true });
        match self.report() {
            Report::NotStarted { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Closes the stream; returns the gate's exit code.
    fn close(mut self) -> Option<i32> {
        drop(self.orders.take());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program(argv: &[&str]) -> Program {
    Program { argv: argv.iter().map(|word| word.as_bytes().to_vec()).collect(), ..Program::default() }
}

fn is_alive(pid: &str) -> bool {
    // A zombie has no command line.
    fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| !line.is_empty())
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_command() {
    let mut gate = Gate::start();
    let (stdout, stderr, end) = gate.run("echo out; echo err >&2; printf tail; exit 7");
    assert_eq!((stdout.as_str(), stderr.as_str(), end), ("out\ntail", "err\n", End::Code(7)));
    assert_eq!(gate.close(), Some(7));
}

#[test]
fn the_environment_comes_on_top_of_the_images() {
    let mut gate = Gate::start();
    let env = vec![(b"A".to_vec(), b"x y\nz".to_vec()), (b"PATH".to_vec(), b"/usr/bin:/bin".to_vec())];
    gate.start_command(STEP, Program { env, ..program(&["sh", "-c", "echo $FROM_IMAGE $PATH; echo \"$A\""]) });
    assert_eq!(gate.finish(STEP).0, "1 /usr/bin:/bin\nx y\nz\n");
}

#[test]
fn input_is_empty() {
    assert_eq!(Gate::start().run("cat; echo end").0, "end\n");
}

#[test]
fn the_directory_the_mask_and_the_limits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap().display().to_string();
    let mut gate = Gate::start();
    let program = Program {
        directory: Some(path.clone().into_bytes()),
        umask: Some(0o077),
        limits: vec![Limit { resource: Resource::Files, soft: 61, hard: 62 }],
        ..program(&["sh", "-c", "pwd; umask; ulimit -n; ulimit -Hn"])
    };
    gate.start_command(STEP, program);
    assert_eq!(gate.finish(STEP).0, format!("{path}\n0077\n61\n62\n"));
}

#[test]
fn signals_end_a_command() {
    let mut gate = Gate::start();
    assert_eq!(gate.run("kill -TERM $$").2, End::Signal { signal: 15, core: false });
}

#[test]
fn programs_that_cannot_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    };
    let mut gate = Gate::start();
    assert_eq!(gate.not_started(&["no-such-program"]), NotStarted::NotFound);
    assert_eq!(gate.not_started(&["/no/such"]), NotStarted::NotFound);
    assert_eq!(gate.not_started(&["/etc/passwd"]), NotStarted::NotExecutable);
    assert_eq!(gate.not_started(&[&file("lost", b"#!/no/interpreter\n")]), NotStarted::NoInterpreter);
    assert_eq!(gate.not_started(&[&file("other", b"\x7fELF of another machine")]), NotStarted::WrongFormat);
    // It still takes orders.
    assert_eq!(gate.run("echo on").0, "on\n");
}

#[test]
fn all_output_arrives_in_order() {
    let mut gate = Gate::start();
    let (stdout, ..) = gate.run("seq 1 400000");
    assert!(stdout.lines().eq((1..=400_000).map(|number| number.to_string())));
}

/// Without acknowledgement a command's output stays in its pipe, and other orders are obeyed.
#[test]
fn output_that_no_one_reads_waits() {
    let mut gate = Gate::start();
    gate.sh("yes | head -c 3000000");
    let mut seen = 0;
    while seen < WINDOW {
        if let Report::Output { bytes, .. } = gate.report() {
            seen += bytes.len() as u64;
        }
    }
    assert!(seen < WINDOW + 70_000, "{seen}");
    let other = CommandId(1);
    gate.start_command(other, program(&["echo", "beside"]));
    assert_eq!(gate.finish(other).0, "beside\n");
    gate.order(&Order::Ack { command: STEP, bytes: seen });
    assert_eq!(gate.finish(STEP).0.len() as u64 + seen, 3_000_000);
}

#[test]
fn a_stop_is_a_signal_and_then_a_kill() {
    let mut gate = Gate::start();
    gate.sh("trap 'echo stopping; exit 3' TERM; echo up; while :; do sleep 0.05; done");
    assert!(matches!(gate.report(), Report::Output { .. }));
    gate.order(&Order::Stop { command: STEP, signal: 15, grace: 20_000 });
    let (stdout, _, end) = gate.finish(STEP);
    assert_eq!((stdout.as_str(), end), ("stopping\n", End::Code(3)));

    gate.sh("trap '' TERM; echo up; while :; do sleep 0.05; done");
    assert!(matches!(gate.report(), Report::Output { .. }));
    gate.order(&Order::Stop { command: STEP, signal: 15, grace: 100 });
    assert_eq!(gate.finish(STEP).2, End::Signal { signal: 9, core: false });
}

/// What a command leaves in its process group ends with it, and does not hold its output.
#[test]
fn what_a_command_leaves_ends_with_it() {
    let mut gate = Gate::start();
    let (stdout, _, end) = gate.run("sleep 1000 & echo $!");
    assert_eq!(end, End::Code(0));
    eventually("the process ends", || !is_alive(&stdout));
}

#[test]
fn orphans_are_reaped() {
    let mut gate = Gate::start();
    let (orphan, ..) = gate.run("(setsid sh -c 'echo $$; exit 3' & ) ; sleep 0.2");
    eventually("no zombie stays", || !fs::exists(format!("/proc/{}", orphan.trim())).unwrap());
}

#[test]
fn nothing_stays_when_the_stream_closes() {
    let mut gate = Gate::start();
    gate.sh("trap '' TERM; sleep 1000 & echo $!; wait");
    let Report::Output { bytes, .. } = gate.report() else { panic!() };
    let pid = String::from_utf8(bytes).unwrap();
    // A process that is just becoming another program has no command line either.
    eventually("the process runs", || is_alive(&pid));
    gate.close();
    eventually("the process ends", || !is_alive(&pid));
}

#[test]
fn a_signal_to_the_gate_reaches_the_command() {
    let mut gate = Gate::start();
    gate.sh("trap 'echo got it; exit 4' TERM; echo up; while :; do sleep 0.05; done");
    assert!(matches!(gate.report(), Report::Output { .. }));
    let pid = gate.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(gate.finish(STEP).0, "got it\n");
    assert_eq!(gate.process.wait().unwrap().code(), Some(4));
}

#[test]
fn a_second_command_with_a_terminal() {
    let mut gate = Gate::start();
    gate.run("exit 1");
    let shell = CommandId(1);
    let terminal = Some(Size { rows: 33, columns: 99 });
    gate.start_command(
        shell,
        Program { terminal, ..program(&["sh", "-c", "tty; stty size; read line; echo \"<$line>\"; stty size"]) },
    );
    let (mut text, mut step) = (String::new(), 0);
    let end = loop {
        match gate.report() {
            Report::Output { bytes, .. } => text.push_str(&String::from_utf8(bytes).unwrap()),
            Report::Ended { end, .. } => break end,
            other => panic!("{other:?}"),
        }
        if step == 0 && text.contains("33 99") {
            step = 1;
            gate.order(&Order::Resize { command: shell, size: Size { rows: 40, columns: 80 } });
            gate.order(&Order::Input { command: shell, bytes: b"typed\n".to_vec() });
        }
    };
    assert!(text.starts_with("/dev/pts/") && text.contains("<typed>\r\n40 80"), "{text:?}");
    assert_eq!(end, End::Code(0));
}

#[test]
fn input_of_a_second_command() {
    let mut gate = Gate::start();
    let other = CommandId(1);
    gate.start_command(other, Program { input: true, ..program(&["wc", "-c"]) });
    for _ in 0..20 {
        gate.order(&Order::Input { command: other, bytes: vec![b'x'; 50_000] });
    }
    gate.order(&Order::InputEnd { command: other });
    assert_eq!(gate.finish(other).0, "1000000\n");
}

#[test]
fn files_beneath_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
    let directory = dir.path().display().to_string().into_bytes();
    let mut gate = Gate::start();
    let (request, path) = (RequestId(4), b"new".to_vec());
    let content = b"text".to_vec();
    let write = Order::WriteFile { request, directory: directory.clone(), path, mode: 0o640, content };
    gate.order(&write);
    assert_eq!(gate.report(), Report::Written { request, result: Ok(()) });
    gate.order(&write);
    assert!(matches!(gate.report(), Report::Written { result: Err(_), .. }));
    let mut read = |path: &[u8], limit: u32| {
        gate.order(&Order::ReadFile { request, directory: directory.clone(), path: path.to_vec(), limit });
        match gate.report() {
            Report::File { result, .. } => result,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read(b"new", 4), Ok(b"text".to_vec()));
    assert_eq!(read(b"new", 3), Err("it is larger than 3 bytes".into()));
    assert_eq!(read(b"link", 100), Err("`link` is a symbolic link, and links are not followed".into()));
    assert_eq!(read(b"../x", 100), Err("it leads out of its directory".into()));
}

#[test]
fn listening_sockets_are_watched() {
    let mut gate = Gate::start();
    let watch = RequestId(9);
    gate.order(&Order::Watch { request: watch });
    assert!(matches!(gate.report(), Report::Listening { .. }));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    loop {
        let Report::Listening { request, sockets } = gate.report() else { panic!() };
        assert_eq!(request, watch);
        if sockets.contains(&address) {
            break;
        }
    }
}

#[test]
fn a_stream_of_something_else_ends_the_gate() {
    let mut gate = Gate::start();
    gate.orders.as_mut().unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(gate.process.wait().unwrap().code(), Some(1));
}
