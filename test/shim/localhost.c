/* `localhost` resolves (RFC 6761, section 6.3) even on a machine whose /etc/hosts does not name it.
 */
#define _GNU_SOURCE
#include "shim.h"
#include <dlfcn.h>
#include <netdb.h>
#include <strings.h>

#define EXPORTED __attribute__((visibility("default")))

typedef int (*Resolver)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

EXPORTED int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                         struct addrinfo** result) {
  static Resolver real;
  if (!real) *(void**)&real = RealSymbol(RTLD_NEXT, "getaddrinfo");
  const int error = real(node, service, hints, result);
  if (error == 0 || !node || strcasecmp(node, "localhost") != 0) return error;
  const int only_ipv6 = hints && hints->ai_family == AF_INET6;
  return real(only_ipv6 ? "::1" : "127.0.0.1", service, hints, result);
}
