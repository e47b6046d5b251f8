use http::Request;

use super::*;

/// The key and the time of AWS's published test suite.
const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Case {
    method: &'static str,
    target: &'static str,
    service: &'static str,
    headers: &'static [(&'static str, &'static str)],
    signed_headers: &'static str,
    body: &'static str,
    signature: &'static str,
}

/// Cases of AWS's `aws-sig-v4-test-suite`, and the example of its documentation (`ListUsers`).
const PUBLISHED: &[Case] = &[
    // get-vanilla
    Case {
        method: "GET",
        target: "/",
        service: "service",
        headers: &[("host", "example.amazonaws.com")],
        signed_headers: "host;x-amz-date",
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    // get-relative
    Case {
        method: "GET",
        target: "/example/..",
        service: "service",
        headers: &[("host", "example.amazonaws.com")],
        signed_headers: "host;x-amz-date",
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    // post-vanilla
    Case {
        method: "POST",
        target: "/",
        service: "service",
        headers: &[("host", "example.amazonaws.com")],
        signed_headers: "host;x-amz-date",
        body: "",
        signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    },
    // get-vanilla-query-order-key-case
    Case {
        method: "GET",
        target: "/?Param2=value2&Param1=value1",
        service: "service",
        headers: &[("host", "example.amazonaws.com")],
        signed_headers: "host;x-amz-date",
        body: "",
        signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    },
    // post-x-www-form-urlencoded
    Case {
        method: "POST",
        target: "/",
        service: "service",
        headers: &[("host", "example.amazonaws.com"), ("content-type", "application/x-www-form-urlencoded")],
        signed_headers: "content-type;host;x-amz-date",
        body: "Param1=value1",
        signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
    // The worked example of the General Reference.
    Case {
        method: "GET",
        target: "/?Action=ListUsers&Version=2010-05-08",
        service: "iam",
        headers: &[("host", "iam.amazonaws.com"), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
        signed_headers: "content-type;host;x-amz-date",
        body: "",
        signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    },
];

fn check(case: &Case, secret: &str, now: &str) -> Result<(), SignatureError> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{}/aws4_request, SignedHeaders={}, Signature={}",
        case.service, case.signed_headers, case.signature
    );
    let mut request = Request::builder()
        .method(case.method)
        .uri(case.target)
        .header("x-amz-date", "20150830T123600Z")
        .header("authorization", authorization);
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let signature = parse(&parts).unwrap();
    verify(&parts, "", case.body.as_bytes(), &signature, secret, now.parse().unwrap())
}

#[test]
fn published_signatures_are_right() {
    for case in PUBLISHED {
        assert_eq!(check(case, KEY, "2015-08-30T12:36:10Z"), Ok(()), "{} {}", case.method, case.target);
    }
}

#[test]
fn anything_else_is_wrong() {
    for case in PUBLISHED {
        assert_eq!(check(case, "another key", "2015-08-30T12:36:10Z"), Err(SignatureError::Mismatch));
        let changed = Case { body: "changed", ..*case };
        assert_eq!(check(&changed, KEY, "2015-08-30T12:36:10Z"), Err(SignatureError::Mismatch));
        let elsewhere = Case { target: "/elsewhere", ..*case };
        assert_eq!(check(&elsewhere, KEY, "2015-08-30T12:36:10Z"), Err(SignatureError::Mismatch));
    }
}

#[test]
fn what_could_be_changed_on_the_way_is_signed() {
    let added = |header| check(&Case { headers: header, ..PUBLISHED[0] }, KEY, "2015-08-30T12:36:10Z");
    const HOST: (&str, &str) = ("host", "example.amazonaws.com");
    assert_eq!(added(&[HOST, ("x-amz-target", "Delete")]), Err(SignatureError::Mismatch));
    assert_eq!(added(&[HOST, ("x-amzn-trace-id", "1")]), Ok(()));
}

#[test]
fn a_signature_is_for_its_time() {
    assert_eq!(check(&PUBLISHED[0], KEY, "2015-08-30T12:50:59Z"), Ok(()));
    assert_eq!(check(&PUBLISHED[0], KEY, "2015-08-30T12:51:01Z"), Err(SignatureError::Time));
    assert_eq!(check(&PUBLISHED[0], KEY, "2015-08-30T12:20:00Z"), Err(SignatureError::Time));
}

#[test]
fn a_presigned_address_names_its_signer() {
    let target = "/?Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830\
                  %2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
                  &X-Amz-Security-Token=t&X-Amz-Signature=00";
    let (parts, ()) = Request::get(target).body(()).unwrap().into_parts();
    let signature = parse(&parts).unwrap();
    assert_eq!((signature.scope.access_key_id.as_str(), signature.scope.region.as_str()), ("AKIDEXAMPLE", "eu-west-1"));
    assert_eq!((signature.session_token.as_deref(), signature.place), (Some("t"), Place::Query { expires: 60 }));
    let checked = |place, now: &str| {
        verify(&parts, "", b"", &Signature { place, ..signature.clone() }, KEY, now.parse().unwrap())
    };
    assert_eq!(checked(signature.place, "2015-08-30T12:37:00Z"), Err(SignatureError::Mismatch));
    assert_eq!(checked(signature.place, "2015-08-30T12:37:01Z"), Err(SignatureError::Time));
    assert_eq!(checked(Place::Query { expires: 604_801 }, "2015-08-30T12:37:00Z"), Err(SignatureError::Time));
}

#[test]
fn what_is_no_signature() {
    for value in ["Basic QVdTOng=", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=h, Signature=0"]
    {
        let (parts, ()) = Request::get("/").header("authorization", value).body(()).unwrap().into_parts();
        assert_eq!(parse(&parts), None, "{value}");
    }
}
