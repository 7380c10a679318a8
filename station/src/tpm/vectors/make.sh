#!/usr/bin/env bash
# Makes the vectors beside it, with programs that others wrote: swtpm, tpm2-tools and openssl.
# All keys in them are for tests only.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD scratch=$(mktemp -d) port=${1:-23210}
cd "$scratch"
swtpm socket --tpm2 --tpmstate "dir=$scratch" --server "type=tcp,port=$port" \
  --ctrl "type=tcp,port=$((port + 1))" --flags not-need-init,startup-clear --daemon --pid "file=$scratch/pid"
trap 'kill "$(cat "$scratch/pid")"; rm -r "$scratch"' EXIT
export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$port

# Public areas and names, of keys that the TPM made.
storage='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'
tpm2_createek -Q -c ek.ctx -G rsa -u ek.pub
tpm2_readpublic -Q -c ek.ctx -n ek.name
tpm2_flushcontext -t
tpm2_createprimary -Q -C o -G rsa2048 -c srk.ctx -a "$storage"
tpm2_readpublic -Q -c srk.ctx -o srk.pub -n srk.name
tpm2_flushcontext -t
tpm2_createprimary -Q -C o -G ecc -c other.ctx
tpm2_readpublic -Q -c other.ctx -o ecc.pub
tpm2_flushcontext -t
tpm2_createprimary -Q -C o -G rsa2048:rsapss:null -c other.ctx -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign'
tpm2_readpublic -Q -c other.ctx -o signing.pub
tpm2_flushcontext -t

# A key pair whose private half is known, dressed as a storage key: the EK's stand-in.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out known.pem
openssl rsa -in known.pem -traditional -outform DER -out known.der
modulus=$(openssl rsa -in known.pem -noout -modulus | cut -d= -f2)
{ head -c 28 srk.pub; printf '%s' "$modulus" | xxd -r -p; } >known.pub

# A credential for the name of the SRK.
head -c 16 /dev/urandom >credential.secret
tpm2_makecredential -Q -T none -u known.pub -s credential.secret -n "$(xxd -p -c 99 srk.name)" -o credential.blob

# An HMAC key, duplicated by the TPM to that key pair, with both wrappers.
tpm2_startauthsession -S session.ctx
tpm2_policycommandcode -Q -S session.ctx -L policy.dat TPM2_CC_Duplicate
tpm2_flushcontext session.ctx
tpm2_create -Q -C srk.ctx -G hmac:sha256 -u hmac.pub -r hmac.priv -L policy.dat \
  -a 'sensitivedataorigin|userwithauth|sign'
tpm2_flushcontext -t
tpm2_load -Q -C srk.ctx -u hmac.pub -r hmac.priv -c hmac.ctx -n hmac.name
tpm2_flushcontext -t
tpm2_loadexternal -Q -C n -u known.pub -c parent.ctx
head -c 16 /dev/urandom >inner.key
tpm2_startauthsession --policy-session -S session.ctx
tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Duplicate
tpm2_duplicate -Q -C parent.ctx -c hmac.ctx -G aes -i inner.key -p session:session.ctx -r hmac.dup -s hmac.seed
tpm2_flushcontext session.ctx
cp ek.pub ek.name srk.pub srk.name ecc.pub signing.pub known.der known.pub credential.secret credential.blob \
  hmac.pub hmac.name hmac.dup hmac.seed inner.key "$here"
