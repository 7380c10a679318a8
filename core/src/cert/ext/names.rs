use core::net::{Ipv4Addr, Ipv6Addr};

use der::{Decode, Encode};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, GeneralNames};

use super::Explained;
use crate::cert::name::rfc4514;
use crate::cert::text;

pub(super) fn subject_alternative(der: &[u8]) -> Explained {
    let meaning = "Further names of the same subject; a TLS client looks at these and no others.";
    Ok((meaning.into(), lines(&GeneralNames::from_der(der)?)))
}

pub(super) fn issuer_alternative(der: &[u8]) -> Explained {
    let meaning = "Further names of the issuer.";
    Ok((meaning.into(), lines(&GeneralNames::from_der(der)?)))
}

pub(super) fn distribution_point(point: &DistributionPoint) -> String {
    let name = match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => lines(names),
        Some(DistributionPointName::NameRelativeToCRLIssuer(rdn)) => {
            let der = rdn.to_der().unwrap_or_default();
            format!("relative to the issuer: {}", text::hex(&der))
        }
        None => String::new(),
    };
    let issuers = point.crl_issuer.as_deref().unwrap_or_default();
    let issuers = issuers
        .iter()
        .map(|name| format!("issued by {}", general(name)));
    let all: Vec<String> = [name].into_iter().chain(issuers).collect();
    all.join("\n").trim_start().to_owned()
}

/// One name, in OpenSSL's notation.
pub(super) fn general(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(dns) => format!("DNS:{}", text::shown(dns.as_str())),
        GeneralName::Rfc822Name(mail) => format!("email:{}", text::shown(mail.as_str())),
        GeneralName::UniformResourceIdentifier(uri) => {
            format!("URI:{}", text::shown(uri.as_str()))
        }
        GeneralName::IpAddress(bytes) => format!("IP:{}", address(bytes.as_bytes())),
        GeneralName::DirectoryName(name) => format!("DirName:{}", rfc4514(name)),
        GeneralName::RegisteredId(oid) => format!("RID:{}", text::oid(oid)),
        GeneralName::OtherName(other) => {
            let value = other.value.to_der().unwrap_or_default();
            format!(
                "otherName:{}={}",
                text::oid(&other.type_id),
                text::hex(&value)
            )
        }
        GeneralName::EdiPartyName(party) => {
            format!(
                "EdiPartyName:{}",
                text::hex(&party.to_der().unwrap_or_default())
            )
        }
    }
}

/// RFC 5280 section 4.2.1.6, and with a mask section 4.2.1.10.
fn address(bytes: &[u8]) -> String {
    let plain = |bytes: &[u8]| {
        let v4 = <[u8; 4]>::try_from(bytes).map(|octets| Ipv4Addr::from(octets).to_string());
        let v6 = <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).to_string());
        v4.or(v6).ok()
    };
    let (base, mask) = bytes.split_at(bytes.len() / 2);
    match (plain(bytes), plain(base).zip(plain(mask))) {
        // Sixteen bytes are one IPv6 address; no mask has a length that makes this ambiguous.
        (Some(address), _) => address,
        (None, Some((base, mask))) => format!("{base}/{mask}"),
        (None, None) => text::hex(bytes),
    }
}

fn lines(names: &GeneralNames) -> String {
    let lines: Vec<String> = names.iter().map(general).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address(&[10, 0, 0, 1]), "10.0.0.1");
        assert_eq!(address(&[10, 0, 0, 0, 255, 0, 0, 0]), "10.0.0.0/255.0.0.0");
        let mut v6 = [0; 16];
        v6[15] = 1;
        assert_eq!(address(&v6), "::1");
        assert_eq!(address(&[0; 32]), "::/::");
        assert_eq!(address(&[1, 2, 3]), "010203");
        assert_eq!(address(&[]), "");
    }
}
