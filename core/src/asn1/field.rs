//! What the standards call the parts: RFC 5280 section 4.1 and 5.1, RFC 2986 section 4, RFC 5958.

use super::{Node, Tree};
use crate::file::Outline;

/// A structure: what its parts are called, in order, and the structure of each.
struct Template {
    parts: &'static [Part],
    /// Whether the parts repeat: SEQUENCE OF.
    repeats: bool,
}

/// Name, whether it may be absent (then its kind tells), and what is in it.
struct Part(
    &'static str,
    Option<&'static [&'static str]>,
    Option<&'static Template>,
);

const TIMES: &[&str] = &["UTCTime", "GeneralizedTime"];

static ALGORITHM: Template = Template {
    parts: &[
        Part("algorithm", None, None),
        Part("parameters", None, None),
    ],
    repeats: false,
};
static KEY: Template = Template {
    parts: &[
        Part("algorithm", None, Some(&ALGORITHM)),
        Part("subjectPublicKey", None, None),
    ],
    repeats: false,
};
static VALIDITY: Template = Template {
    parts: &[Part("notBefore", None, None), Part("notAfter", None, None)],
    repeats: false,
};
static EXTENSION: Template = Template {
    parts: &[
        Part("extnID", None, None),
        Part("critical", Some(&["BOOLEAN"]), None),
        Part("extnValue", None, None),
    ],
    repeats: false,
};
static EXTENSIONS: Template = Template {
    parts: &[Part("extension", None, Some(&EXTENSION))],
    repeats: true,
};
/// The explicit tag around them.
static TAGGED_EXTENSIONS: Template = Template {
    parts: &[Part("extensions", None, Some(&EXTENSIONS))],
    repeats: false,
};
static TBS_CERTIFICATE: Template = Template {
    parts: &[
        Part("version", Some(&["[0]"]), None),
        Part("serialNumber", None, None),
        Part("signature", None, Some(&ALGORITHM)),
        Part("issuer", None, None),
        Part("validity", None, Some(&VALIDITY)),
        Part("subject", None, None),
        Part("subjectPublicKeyInfo", None, Some(&KEY)),
        Part("issuerUniqueID", Some(&["[1]"]), None),
        Part("subjectUniqueID", Some(&["[2]"]), None),
        Part("extensions", Some(&["[3]"]), Some(&TAGGED_EXTENSIONS)),
    ],
    repeats: false,
};
static CERTIFICATE: Template = Template {
    parts: &[
        Part("tbsCertificate", None, Some(&TBS_CERTIFICATE)),
        Part("signatureAlgorithm", None, Some(&ALGORITHM)),
        Part("signatureValue", None, None),
    ],
    repeats: false,
};
static REVOKED: Template = Template {
    parts: &[
        Part("userCertificate", None, None),
        Part("revocationDate", None, None),
        Part("crlEntryExtensions", None, Some(&EXTENSIONS)),
    ],
    repeats: false,
};
static REVOKED_ALL: Template = Template {
    parts: &[Part("revokedCertificate", None, Some(&REVOKED))],
    repeats: true,
};
static TBS_LIST: Template = Template {
    parts: &[
        Part("version", Some(&["INTEGER"]), None),
        Part("signature", None, Some(&ALGORITHM)),
        Part("issuer", None, None),
        Part("thisUpdate", None, None),
        Part("nextUpdate", Some(TIMES), None),
        Part(
            "revokedCertificates",
            Some(&["SEQUENCE"]),
            Some(&REVOKED_ALL),
        ),
        Part("crlExtensions", Some(&["[0]"]), Some(&TAGGED_EXTENSIONS)),
    ],
    repeats: false,
};
static LIST: Template = Template {
    parts: &[
        Part("tbsCertList", None, Some(&TBS_LIST)),
        Part("signatureAlgorithm", None, Some(&ALGORITHM)),
        Part("signatureValue", None, None),
    ],
    repeats: false,
};
static REQUEST_INFO: Template = Template {
    parts: &[
        Part("version", None, None),
        Part("subject", None, None),
        Part("subjectPKInfo", None, Some(&KEY)),
        Part("attributes", None, None),
    ],
    repeats: false,
};
static REQUEST: Template = Template {
    parts: &[
        Part("certificationRequestInfo", None, Some(&REQUEST_INFO)),
        Part("signatureAlgorithm", None, Some(&ALGORITHM)),
        Part("signature", None, None),
    ],
    repeats: false,
};

/// Names the nodes of a structure that is known by its outline.
pub(super) fn name(tree: &mut Tree, outline: Outline) {
    let template = match outline {
        Outline::Certificate => &CERTIFICATE,
        Outline::Crl => &LIST,
        Outline::PublicKey => &KEY,
        Outline::Request => &REQUEST,
        Outline::Other => return,
    };
    below(&mut tree.nodes, 0, template);
}

/// Names the children of the node at `parent`. Templates are finite, so recursion ends.
fn below(nodes: &mut [Node], parent: usize, template: &'static Template) {
    let Some(depth) = nodes.get(parent).map(|node| node.depth) else {
        return;
    };
    let children: Vec<usize> = nodes
        .iter()
        .enumerate()
        .skip(parent + 1)
        .take_while(|(_, node)| node.depth > depth)
        .filter(|(_, node)| node.depth == depth + 1)
        .map(|(index, _)| index)
        .collect();
    let mut parts = template.parts.iter();
    let mut part = parts.next();
    for child in children {
        let kind = nodes.get(child).map(|node| node.kind.clone());
        let kind = kind.unwrap_or_default();
        while let Some(Part(_, Some(kinds), _)) = part
            && !kinds.contains(&kind.as_str())
        {
            part = parts.next();
        }
        let Some(Part(name, _, inner)) = part else {
            return;
        };
        if let Some(node) = nodes.get_mut(child) {
            node.field = Some(name);
        }
        if let Some(inner) = inner {
            below(nodes, child, inner);
        }
        if !template.repeats {
            part = parts.next();
        }
    }
}
