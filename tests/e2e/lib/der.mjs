// As much DER as it takes to hand the signature of a certificate to WebCrypto.

/** What was signed, the signature, and `pair(size)`: its r and s, `size` bytes each. */
export function parts(certificate) {
  const [signed, , bits] = children(certificate, child(certificate, 0));
  const signature = certificate.subarray(bits.body + 1, bits.end);
  const pair = size => {
    const numbers = children(signature, child(signature, 0)).map(({ body, end }) => signature.subarray(body, end));
    return Buffer.concat(numbers.map(number => Buffer.concat([Buffer.alloc(size), number]).subarray(-size)));
  };
  return { signed: certificate.subarray(signed.at, signed.end), signature, pair };
}

/** The element at `at`: where it, its content and its end are. */
function child(der, at) {
  const long = der[at + 1] & 0x80 ? der[at + 1] & 0x7f : 0;
  const length = long ? der.readUIntBE(at + 2, long) : der[at + 1];
  const body = at + 2 + long;
  return { at, body, end: body + length };
}

function children(der, { body, end }) {
  const found = [];
  for (let at = body; at < end; at = found.at(-1).end) found.push(child(der, at));
  return found;
}
