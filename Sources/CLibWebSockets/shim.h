// What Swift cannot import of libwebsockets and libuv, one sentence each; no logic lives here.
#pragma once

#if !__has_include(<libwebsockets.h>)
#error "libwebsockets is not installed: run `apt-get install libwebsockets-dev` (Debian, Ubuntu), then build again"
#endif
#if !__has_include(<uv.h>)
#error "libuv is not installed: run `apt-get install libuv1-dev` (Debian, Ubuntu), then build again"
#endif

// How it was built, before its own headers look for those of another TLS library. TLS is ours and OpenSSL's: the others'
// headers stand in for OpenSSL's, and lws' build with mbedTLS brings functions of the same names along.
#include <lws_config.h>
#if defined(LWS_WITH_MBEDTLS) || defined(LWS_WITH_GNUTLS) || defined(LWS_WITH_WOLFSSL) || defined(USE_WOLFSSL) \
    || defined(LWS_WITH_BEARSSL) || defined(LWS_WITH_SCHANNEL)
#error "this libwebsockets was built with another TLS library than OpenSSL: run `apt-get install libwebsockets-dev` (Debian, Ubuntu), or build it with OpenSSL, from 5.0 on with -DLWS_WITH_HTTP3=OFF -DLWS_ROLE_QUIC=OFF, since HTTP/3 brings GnuTLS"
#endif

#include <libwebsockets.h>
#include <linux/rtnetlink.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <uv.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or newer is required: run `apt-get install libssl-dev` on Debian 12 / Ubuntu 22.04 or newer"
#endif

#if (LWS_LIBRARY_VERSION_NUMBER) < 4001006
#error "libwebsockets 4.1.6 or newer is required: run `apt-get install libwebsockets-dev` on Debian 12 / Ubuntu 24.04 or newer"
#endif

#include "versions.h"

/// The version is an expression macro (an unparenthesised sum), which the importer skips.
static const long clws_version_number = (LWS_LIBRARY_VERSION_NUMBER);

/// LWS_WRITE_* take a mutable buffer although a RAW write does not change it (lib/core-net/output.c, lws_issue_raw).
static inline int clws_write_raw_bytes(struct lws *wsi, const void *bytes, size_t count) {
    return lws_write(wsi, (unsigned char *)bytes, count, LWS_WRITE_RAW);
}

/// SSL_OP_* are expression macros: no renegotiation, no compression (CRIME), and the server's order of ciphers, except that
/// a client that prefers ChaCha20, since it has no instructions for AES, gets it.
static const uint64_t ctls_options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
    | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;

/// SSL_CTX_set_mode is a macro.
static inline void ctls_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }

/// SSL_CTX_set_min_proto_version is a macro.
static inline int ctls_set_minimum_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

/// SSL_CTX_set_session_cache_mode is a macro.
static inline void ctls_set_session_cache_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}

/// SSL_CTX_add1_chain_cert is a macro.
static inline int ctls_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/// SSL_set_tlsext_host_name is a macro that drops a const.
static inline int ctls_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

/// BIO_clear_retry_flags and BIO_set_retry_read are macros.
static inline void ctls_set_retry_read(BIO *bio, int retry) {
    BIO_clear_retry_flags(bio);
    if (retry) BIO_set_retry_read(bio);
}

/// XN_FLAG_RFC2253 is an expression macro; without ASN1_STRFLGS_ESC_MSB, UTF-8 stays as it is.
static const unsigned long ctls_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

/// accept4 is a GNU extension that the Glibc module leaves out; it saves two calls a connection.
extern int accept4(int, struct sockaddr *, socklen_t *, int);

/// dup3 is a GNU extension that the Glibc module leaves out.
extern int dup3(int, int, int);

/// pthread_setname_np is a GNU extension that the Glibc module leaves out.
extern int pthread_setname_np(pthread_t, const char *);

/// POLLRDHUP is a GNU extension that the Glibc module leaves out: the peer will send no more.
static const short clws_pollrdhup = 0x2000;
