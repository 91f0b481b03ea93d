// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/paths.h"
#include "core/base/error.h"
#include "core/text/tokenizer.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct TokenizeOptions {
    CommonOptions common;
    std::string model;
    std::string text;
    std::optional<std::string> pair;
};

std::string tokensText(const Encoding& encoding)
{
    std::vector<TableRow> rows = {{"Token", "Characters", "Segment", "Id"}};
    for (const Token& token : encoding.tokens)
        rows.push_back({token.piece,
                        token.special ? "" : std::to_string(token.span.begin) + "–" + std::to_string(token.span.end),
                        std::to_string(token.segment), std::to_string(token.id)});
    return formatTable(rows, 2);
}

Json tokensJson(const Encoding& encoding, const std::string& kind)
{
    Json tokens = Json::array();
    for (const Token& token : encoding.tokens)
        tokens.push_back({{"id", token.id},
                          {"token", token.piece},
                          {"begin", token.span.begin},
                          {"end", token.span.end},
                          {"segment", token.segment},
                          {"special", token.special}});
    return {{"tokenizer", kind}, {"tokens", tokens}, {"unknown", encoding.unknown}};
}

void tokenize(const TokenizeOptions& options)
{
    requireModel(options.model);
    const std::unique_ptr<Tokenizer> tokenizer = openTokenizer(options.model);
    if (tokenizer == nullptr)
        refuse({options.model, "tokenizer.json, vocab.txt, or vocab.json with merges.txt", "none of them",
                "Add the model's tokenizer files to the folder."});
    const std::optional<std::string_view> pair =
        options.pair ? std::optional<std::string_view>(*options.pair) : std::nullopt;
    const Encoding encoding = tokenizer->encode(options.text, pair, {});
    if (options.common.json)
        printJson(tokensJson(encoding, tokenizer->kind()));
    else
        std::cout << tokensText(encoding);
    const auto longest = tokenizer->limits().maximumLength;
    if (longest && encoding.tokens.size() > *longest)
        printNotices({"The text has " + std::to_string(encoding.tokens.size()) + " tokens; a run cuts it to "
                      + std::to_string(*longest) + ", as the tokenizer's files say."},
                     options.common.quiet);
}

}  // namespace

void addTokenize(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("tokenize", "Turn text into token ids with the model's own tokenizer");
    const auto options = std::make_shared<TokenizeOptions>();
    command->add_option("MODEL", options->model, "Model folder or GGUF file")->required();
    command->add_option("--text", options->text, "Text")->required();
    command->add_option("--text-pair", options->pair, "Second text");
    addCommonOptions(*command, options->common);
    command->callback([options] { tokenize(*options); });
}

}  // namespace ketscope
