//! GetFederationToken: a user's session for someone else.

use cirun_image_ref::partition_name;

use super::{
    Params, StsError, credentials,
    identity::{LONGEST_USER_SESSION, USER_SESSION, refuse_session},
    rule,
    xml::Element,
};
use crate::{
    emulator::Emulator,
    identity::{Caller, Principal, Session},
};

pub(super) fn token(emulator: &Emulator, caller: &Caller, params: &Params) -> Result<Element, StsError> {
    let name = params.require("Name")?;
    rule::name("Name", name, 2..=32, "")?;
    refuse_session(caller, "sts:GetFederationToken")?;
    let packed = rule::packed_policy(params)?;
    let duration = rule::duration(params, USER_SESSION, LONGEST_USER_SESSION)?;
    let account = &caller.principal.account;
    let principal = Principal {
        arn: format!("arn:{}:sts::{account}:federated-user/{name}", partition_name(&caller.region)),
        account: account.clone(),
        user_id: format!("{account}:{name}"),
    };
    let session = Session::new(principal, emulator.clock.now() + duration);
    Ok(Element::result(
        "GetFederationToken",
        [
            credentials(&session.keys(&emulator.signer)),
            Element::parent(
                "FederatedUser",
                [
                    Element::text("FederatedUserId", &session.principal.user_id),
                    Element::text("Arn", &session.principal.arn),
                ],
            ),
            Element::text("PackedPolicySize", packed.to_string()),
        ],
    ))
}
