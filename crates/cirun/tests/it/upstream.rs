//! Forwarding over TLS, from one `cirun aws serve` to another.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use super::support::{Running, TestEnvironment, until};

/// A running `cirun aws serve`, and its printed addresses.
fn serve(environment: &TestEnvironment, options: &[&str]) -> (Running, String, String) {
    let words = ["aws", "serve", "--port", "0", "--tls", "127.0.0.1:0", "--account", "123456789012"];
    let running = environment.start(&[&words, options].concat());
    until("it serves", || running.said("  data"));
    let said = running.stderr();
    let address = |scheme: &str| {
        let at = said.find(scheme).expect("an address") + scheme.len();
        said[at..].split(|c: char| c == ',' || c.is_whitespace()).next().unwrap_or_default().to_owned()
    };
    let (http, https) = (address("http://"), address("https://"));
    (running, http, https)
}

/// Requests the caller's identity.
fn ask(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let authorization =
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nAuthorization: {authorization}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn with_a_certificate_that_is_trusted_and_without() {
    let there = TestEnvironment::new();
    let (_there, _, https) = serve(&there, &["--request-log", "log.jsonl"]);
    let url = format!("https://{https}");
    let bundle = there.workspace().parent().unwrap().join("data/cirun/ca-bundle.pem");
    let here = TestEnvironment::new().with("AWS_CA_BUNDLE", &bundle.display().to_string());
    let (_here, http, _) = serve(&here, &["--aws-endpoint-url", &url, "--request-log", "log.jsonl"]);
    let answer = ask(&http);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("GetCallerIdentityResult"), "{answer}");
    assert!(here.read("log.jsonl").contains(&format!("\"forwarded\":\"{url}\"")), "{}", here.read("log.jsonl"));
    assert!(there.read("log.jsonl").contains("GetCallerIdentity"));

    let stranger = TestEnvironment::new();
    let (_stranger, http, _) = serve(&stranger, &["--aws-endpoint-url", &url]);
    let answer = ask(&http);
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("certificate"), "{answer}");

    let nowhere = TestEnvironment::new().with("AWS_CA_BUNDLE", "/nowhere.pem");
    let output = nowhere.cirun(&["aws", "serve", "--port", "0", "--aws-endpoint-url", &url]).exits(6);
    drop(output.says("cannot read AWS_CA_BUNDLE (/nowhere.pem)"));
}
