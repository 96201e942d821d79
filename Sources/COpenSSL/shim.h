// What Swift cannot import of OpenSSL's libcrypto, one sentence each; no logic lives here.
#pragma once

#if !__has_include(<openssl/evp.h>)
#error "OpenSSL is not installed: run `apt-get install libssl-dev` (Debian, Ubuntu), then build again"
#endif

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or newer is required: run `apt-get install libssl-dev` on Debian 12 / Ubuntu 22.04 or newer"
#endif

/// EVP_PKEY_PUBLIC_KEY is an expression macro.
static const int ccrypto_public_key = EVP_PKEY_PUBLIC_KEY;

// A builder keeps the names that it is given, and Swift would pass strings that end with the call (OSSL_PARAM_BLD(3)).

static inline int ccrypto_push_modulus(OSSL_PARAM_BLD *builder, const BIGNUM *modulus) {
    return OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
}

static inline int ccrypto_push_exponent(OSSL_PARAM_BLD *builder, const BIGNUM *exponent) {
    return OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
}

static inline int ccrypto_push_group(OSSL_PARAM_BLD *builder, const char *name) {
    return OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(OBJ_sn2nid(name)), 0);
}

/// The bytes of the point have to last until the builder is done.
static inline int ccrypto_push_point(OSSL_PARAM_BLD *builder, const void *point, size_t count) {
    return OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, count);
}
