#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// A macro over a variadic function.
static inline EVP_PKEY *ccrypto_p256_key(void) { return EVP_EC_gen("P-256"); }
