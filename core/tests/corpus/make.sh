#!/usr/bin/env bash
# Makes what lies under csr/, cert/ and pem/ with OpenSSL 3 (chain/ is made by `cargo test`, see
# chain.rs). Keys are random and protect nothing, so a new run gives new bytes; the tests rely only on
# what each name says.
set -euo pipefail
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

ec() { openssl ecparam -name "$1" -genkey -noout -out "$keys/$2" "${@:3}"; }
ec secp384r1 p384
ec secp384r1 explicit -param_enc explicit
ec prime256v1 p256
ec secp521r1 p521
openssl genrsa -out "$keys/rsa" 2048 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$keys/ed25519"

request() { # NAME KEY SUBJECT [OPTIONS]
  openssl req -new -key "$keys/$2" -subj "$3" -outform DER -out "csr/$1.der" "${@:4}"
}
request good p384 /CN=dev-0001 -sha384
request good-with-san p384 /O=Example/CN=dev-0001 -sha384 -addext subjectAltName=DNS:dev-0001
request subject-empty p384 / -sha384
request common-name-missing p384 /O=Example -sha384
request common-name-twice p384 /CN=dev-0001/CN=dev-0002 -sha384
request curve-explicit explicit /CN=dev-0001 -sha384
request curve-p256 p256 /CN=dev-0001 -sha384
request curve-p521 p521 /CN=dev-0001 -sha384
request key-ed25519 ed25519 /CN=dev-0001
request key-rsa rsa /CN=dev-0001 -sha384
request signature-sha256 p384 /CN=dev-0001 -sha256

# Certificates: one with every extension that is explained, and one of each other kind of key.
cat >"$keys/rich.cnf" <<'CONF'
[req]
distinguished_name = dn
prompt = no
utf8 = yes
string_mask = utf8only
x509_extensions = ext
[dn]
C = DE
O = Exämple, "Ltd"
CN = rich
[ext]
basicConstraints = critical, CA:TRUE, pathlen:3
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
extendedKeyUsage = clientAuth, serverAuth, 1.2.3.4
subjectAltName = DNS:a.example, IP:10.0.0.1, IP:fd00::1, email:x@example.org, URI:https://a.example/x, dirName:dir, RID:1.2.3.4, otherName:1.2.3.5;UTF8:other
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
crlDistributionPoints = URI:http://crl.example/a.crl, URI:http://crl.example/b.crl
authorityInfoAccess = OCSP;URI:http://ocsp.example/, caIssuers;URI:http://ca.example/a.cer
certificatePolicies = 2.23.140.1.2.1, 1.3.5.8, @policy
nameConstraints = critical, permitted;DNS:example, permitted;IP:10.0.0.0/255.0.0.0, excluded;email:example.com
1.2.3.4.5 = DER:0102
[dir]
CN = dir
[policy]
policyIdentifier = 1.3.5.9
CPS.1 = "https://practices.example/"
CONF
certificate() { # NAME KEY [OPTIONS]
  openssl req -x509 -new -key "$keys/$2" -subj "/CN=$1" -days 3650 -outform DER -out "cert/$1.der" "${@:3}"
}
openssl req -x509 -new -key "$keys/p384" -config "$keys/rich.cnf" -set_serial 0xf1e2d3 -sha384 \
  -days 10950 -outform DER -out cert/rich.der
certificate key-p521 p521
certificate key-explicit explicit
certificate key-ed25519 ed25519
certificate key-rsa rsa
cat cert/key-p521.der cert/key-rsa.der >cert/two.der
{
  printf 'Two of them, and what else lay in the file.\r\n'
  openssl x509 -inform DER -in cert/key-ed25519.der -text
  cat "$keys/p384"
  openssl x509 -inform DER -in cert/key-rsa.der | sed 's/$/\r/'
} >cert/mixed.pem
base64 -w 76 <cert/key-ed25519.der >cert/bare.b64
base64 -w 0 <cert/mixed.pem >cert/of-pem.b64

# PEM as it is found.
cp cert/mixed.pem pem/mixed.pem
openssl ecparam -name secp384r1 -genkey >pem/parameters-and-key.pem
openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:x -in "$keys/p384" -out pem/encrypted.pem
openssl ec -aes256 -passout pass:x -in "$keys/p384" -out pem/encrypted-old.pem 2>/dev/null
printf -- '-----BEGIN A-----\nAAEC\n' >pem/no-end.pem
printf -- 'nothing' >pem/nothing.pem

# Files of every kind.
mkdir -p file
cp pem/mixed.pem file/mixed.pem
cp cert/two.der file/two.der
cp cert/of-pem.b64 file/of-pem.b64
cp csr/good.der file/request.der
printf '{"registrationState":{"issuedCertificateChain":["%s","%s"]}}' \
  "$(base64 -w 0 <cert/rich.der)" "$(base64 -w 0 <cert/key-ed25519.der)" >file/answer.json
cp pem/encrypted.pem file/sealed-pkcs8.pem
printf '<!doctype html><title>Sign in</title>' >file/page.html
openssl crl2pkcs7 -nocrl -certfile pem/mixed.pem -outform DER -out file/certificates.p7b
openssl x509 -inform DER -in cert/rich.der -out "$keys/rich.pem"
openssl pkcs12 -export -nokeys -in "$keys/rich.pem" -passout pass:x -out file/sealed.p12
openssl pkcs12 -export -nokeys -in "$keys/rich.pem" -passout pass: -out file/empty-password.p12
openssl pkey -in "$keys/rsa" -traditional -outform DER -out file/pkcs1.der
openssl pkey -in "$keys/p521" -pubout -outform DER -out file/public.der
openssl dgst -sha384 -sign "$keys/p384" -out file/signature.der csr/good.der
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/openssh"
cp "$keys/openssh" file/openssh.pem
openssl dsaparam -out "$keys/dsaparam" 1024 2>/dev/null
openssl gendsa -out "$keys/dsa" "$keys/dsaparam" 2>/dev/null
openssl pkey -in "$keys/dsa" -traditional -out file/dsa.pem
openssl pkey -in file/dsa.pem -traditional -outform DER -out file/dsa.der
printf '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"oct"}]}' >file/wrong-keys.json
sed '0,/^MI/s/^MII/M!I/' pem/mixed.pem >file/wrong-character.pem
base64 -w 76 <cert/key-ed25519.der | sed '3s/^./~/' >file/wrong-character.b64
./make_containers.py

# Trees.
mkdir -p asn1
cp cert/rich.der asn1/certificate.der
cp csr/good.der asn1/request.der
printf '\x30\x80\x02\x01\x01\x00\x00' >asn1/indefinite.ber

# What the station's parsers are to read: its own vectors, and one of them cut short. The texts under
# station/ are written by hand.
vectors=../../../station/src/tpm/vectors
cp "$vectors"/{ek,srk,ecc,hmac}.pub tpm/
base64 -w0 "$vectors/ek.pub" >tpm/ek.base64
head -c 200 "$vectors/ek.pub" >tpm/ek-cut.pub
