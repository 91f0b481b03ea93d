// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/text/sentence_piece.h"
#include "core/text/tokenizer_files.h"

#include <bit>
#include <cstring>

// tokenizer.model: a message ModelProto of sentencepiece_model.proto in protocol-buffer encoding.

namespace ketscope {

namespace {

struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;  // of a varint or fixed-width field
    std::string_view bytes;   // of a length-delimited field
};

// Reads one message, field by field; fields that nobody asks for are passed over.
class Message {
public:
    Message(std::string_view bytes, const std::string& where) : m_bytes(bytes), m_where(where) {}

    std::optional<Field> next()
    {
        if (m_at == m_bytes.size())
            return std::nullopt;
        const std::uint64_t key = varint();
        Field field;
        field.number = key >> 3;
        switch (key & 7) {
        case 0: field.value = varint(); break;
        case 1: field.value = fixed(8); break;
        case 2: field.bytes = take(varint()); break;
        case 5: field.value = fixed(4); break;
        default: damaged("wire type " + std::to_string(key & 7));
        }
        return field;
    }

private:
    [[noreturn]] void damaged(const std::string& found) const
    {
        refuse({m_where, "a SentencePiece model", found + " at byte " + std::to_string(m_at) + " of a message",
                "Download the file again."});
    }

    std::string_view take(std::uint64_t count)
    {
        if (count > m_bytes.size() - m_at)
            damaged("a field that is longer than its message");
        const std::string_view taken = m_bytes.substr(m_at, static_cast<std::size_t>(count));
        m_at += static_cast<std::size_t>(count);
        return taken;
    }

    std::uint64_t fixed(std::size_t size)
    {
        std::uint64_t value = 0;
        std::memcpy(&value, take(size).data(), size);  // little-endian, as every machine that this is built for
        return value;
    }

    std::uint64_t varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1).front());
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80)
                return value;
        }
        damaged("a number of more than 64 bits");
    }

    std::string_view m_bytes;
    const std::string& m_where;
    std::size_t m_at = 0;
};

ScoredPiece readPiece(std::string_view bytes, const std::string& where)
{
    ScoredPiece piece;
    Message message(bytes, where);
    while (const auto field = message.next()) {
        if (field->number == 1)
            piece.text = field->bytes;
        else if (field->number == 2)
            piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        else if (field->number == 3)
            piece.role = pieceRole(static_cast<std::int64_t>(field->value), where);
    }
    decodeUtf8(piece.text, where);
    return piece;
}

void checkTrainer(std::string_view bytes, const std::string& where)
{
    constexpr std::uint64_t kBpe = 2;
    std::uint64_t kind = 1;
    bool suffix = false;
    Message message(bytes, where);
    while (const auto field = message.next()) {
        if (field->number == 3)
            kind = field->value;
        else if (field->number == 24)
            suffix = field->value != 0;
    }
    constexpr const char* kNames[] = {"unknown", "Unigram", "BPE", "word", "character"};
    if (kind != kBpe)
        refuse({where, "a SentencePiece model of the BPE kind",
                std::string("the ") + kNames[kind < std::size(kNames) ? kind : 0] + " kind",
                "Choose a model with WordPiece or BPE."});
    if (suffix)
        refuse({where, "a SentencePiece model that marks spaces before words", "one that marks them after words", ""});
}

void readNormalizer(std::string_view bytes, SentencePieceModel& model, const std::string& where)
{
    model.removesExtraSpaces = true;
    std::string name;
    bool table = false;
    Message message(bytes, where);
    while (const auto field = message.next()) {
        if (field->number == 1)
            name = field->bytes;
        else if (field->number == 2)
            table = !field->bytes.empty();
        else if (field->number == 3)
            model.addsPrefix = field->value != 0;
        else if (field->number == 4)
            model.removesExtraSpaces = field->value != 0;
        else if (field->number == 5 && field->value == 0)
            refuse({where, "a SentencePiece model that writes spaces as U+2581", "one that leaves them", ""});
    }
    if (table)
        refuse({where, "the normalizer 'identity'", "'" + printable(name, 60) + "'",
                "Add the model's tokenizer.json to the folder."});
}

SentencePieceModel readModel(std::string_view bytes, const std::string& where)
{
    SentencePieceModel model;
    Message message(bytes, where);
    bool trained = false;
    while (const auto field = message.next()) {
        if (field->number == 1) {
            model.pieces.push_back(readPiece(field->bytes, where));
        } else if (field->number == 2) {
            checkTrainer(field->bytes, where);
            trained = true;
        } else if (field->number == 3) {
            readNormalizer(field->bytes, model, where);
        }
    }
    if (model.pieces.empty() || !trained)
        refuse({where, "a SentencePiece model with pieces and a trainer",
                model.pieces.empty() ? "no pieces" : "no trainer", "Download the file again."});
    return model;
}

}  // namespace

std::unique_ptr<Tokenizer> openSentencePiece(const std::filesystem::path& file, const TokenizerSettings& settings)
{
    const std::string name = settings.tokenizerClass();
    if (!name.empty() && name != "LlamaTokenizer")
        refuse({settings.where(), "a tokenizer class that is known here", "'" + printable(name, 60) + "'",
                "Add the model's tokenizer.json to the folder."});
    const MappedFile mapped(file, kMaximumTextBytes);
    const std::string where = file.string();
    SentencePieceModel model = readModel(mapped.text(), where);
    model.prefixFirstOnly = !jsonFlag(settings.config(), "legacy", true, settings.where());
    Pipeline parts = sentencePiecePipeline(model, where);
    parts.templates = flaggedTemplates(settings, parts);
    if (const auto padding = settings.special("pad_token"))
        parts.padding = parts.vocabulary->find(*padding);
    readLimits(settings, nullptr, parts, where);
    return makeTokenizer(std::move(parts), where);
}

}  // namespace ketscope
