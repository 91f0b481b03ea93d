// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/formats/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/paths.h"

#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope::test {

// A folder of tokenizer files made up by a test.
class TokenizerFolder {
public:
    TokenizerFolder& write(const std::string& name, const std::string& bytes)
    {
        std::ofstream(m_folder.path() / name, std::ios::binary) << bytes;
        return *this;
    }

    // Copies a file of a fixture model.
    TokenizerFolder& copy(const std::string& model, const std::string& name)
    {
        return write(name, contents(model, name));
    }

    // A fixture model's tokenizer.json after a change.
    TokenizerFolder& edit(const std::string& model, const std::function<void(Json&)>& change)
    {
        Json root = readJsonFile(fixtures() / "models" / model / "tokenizer.json");
        change(root);
        return write("tokenizer.json", root.dump());
    }

    static std::string contents(const std::string& model, const std::string& name)
    {
        std::ifstream input(fixtures() / "models" / model / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(input), {}};
    }

    std::unique_ptr<Tokenizer> open() const { return openTokenizer(m_folder.path()); }

    // What opening says when it refuses; "accepted" otherwise.
    std::string refusal() const
    {
        try {
            open();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

private:
    TemporaryFolder m_folder;
};

}  // namespace ketscope::test
