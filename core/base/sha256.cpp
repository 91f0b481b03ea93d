// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/sha256.h"

#include <array>
#include <fstream>
#include <openssl/evp.h>

namespace ketscope {

std::string sha256OfFiles(const std::vector<std::filesystem::path>& files, const Monitor& monitor)
{
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        fail({"SHA-256", "a working digest", "none", "Check the installation of OpenSSL."});
    std::vector<char> block(std::size_t{1} << 20);
    for (const std::filesystem::path& file : files) {
        std::ifstream stream(file, std::ios::binary);
        while (stream) {
            monitor.check();
            stream.read(block.data(), static_cast<std::streamsize>(block.size()));
            EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(stream.gcount()));
        }
        if (!stream.eof())
            refuse({file.string(), "a readable file", "an unreadable one", "Check the permissions."});
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < length; ++i)
        (hex += kDigits[digest[i] >> 4]) += kDigits[digest[i] & 15];
    return hex;
}

}  // namespace ketscope
