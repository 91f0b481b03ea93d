// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/json.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

// Reads characters and counts them where every copy of the iterator sees it: the parser itself tells positions only
// of syntax errors.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* count) : m_at(at), m_count(count) {}

    reference operator*() const { return *m_at; }
    CountingIterator& operator++()
    {
        ++m_at;
        ++*m_count;
        return *this;
    }
    bool operator==(const CountingIterator& other) const { return m_at == other.m_at; }
    bool operator!=(const CountingIterator& other) const { return m_at != other.m_at; }

private:
    const char* m_at;
    std::size_t* m_count;
};

// Builds the document and refuses what the parser alone would let through: a second value for a key, deep nesting.
class Builder {
public:
    Builder(const std::string& where, const std::size_t& position) : m_where(where), m_position(position) {}

    Json take() { return std::move(m_root); }

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(Json::number_integer_t value) { return add(value); }
    bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
    bool number_float(Json::number_float_t value, const std::string&) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(Json::binary_t&) { return false; }
    bool start_object(std::size_t) { return open(Json::object()); }
    bool start_array(std::size_t) { return open(Json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name)
    {
        const auto [member, fresh] = m_open.back()->get_ref<Json::object_t&>().emplace(name, nullptr);
        if (!fresh)
            refuseHere("one value for each key", "'" + name + "' twice");
        m_member = &member->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error)
    {
        const std::string text = error.what();
        const std::size_t cause = text.find(" - ");
        refuse({m_where, "valid JSON",
                "an error at byte " + std::to_string(position)
                    + (cause == std::string::npos ? std::string() : ": " + text.substr(cause + 3)),
                ""});
    }

private:
    [[noreturn]] void refuseHere(const std::string& expected, const std::string& found) const
    {
        refuse({m_where, expected, printable(found) + " at byte " + std::to_string(m_position), ""});
    }

    Json* place(Json&& value)
    {
        if (m_open.empty())
            return &(m_root = std::move(value));
        if (m_open.back()->is_object())
            return &(*m_member = std::move(value));
        m_open.back()->push_back(std::move(value));
        return &m_open.back()->back();
    }

    bool add(Json&& value)
    {
        place(std::move(value));
        return true;
    }

    bool open(Json&& value)
    {
        if (m_open.size() >= kMaximumJsonDepth)
            refuseHere("JSON nested at most " + std::to_string(kMaximumJsonDepth) + " deep", "deeper nesting");
        m_open.push_back(place(std::move(value)));
        return true;
    }

    bool close()
    {
        m_open.pop_back();
        return true;
    }

    const std::string& m_where;
    const std::size_t& m_position;
    Json m_root;
    // Stable: only the innermost container grows, and its own address does not change while it does.
    std::vector<Json*> m_open;
    Json* m_member = nullptr;
};

}  // namespace

Json parseJson(std::string_view text, const std::string& where)
{
    if (text.size() > kMaximumJsonBytes)
        refuse({where, "at most " + std::to_string(kMaximumJsonBytes) + " bytes of JSON",
                std::to_string(text.size()) + " bytes", ""});
    // The parser takes a NUL for the end and would let anything follow it.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        refuse({where, "valid JSON", "a NUL at byte " + std::to_string(nul + 1), ""});
    std::size_t position = 0;
    Builder builder(where, position);
    if (!Json::sax_parse(CountingIterator(text.data(), &position),
                         CountingIterator(text.data() + text.size(), &position), &builder))
        refuse({where, "valid JSON", "an error at byte " + std::to_string(position), ""});
    return builder.take();
}

Json readJsonFile(const std::filesystem::path& file)
{
    const MappedFile mapped(file, kMaximumJsonBytes);
    return parseJson(mapped.text(), file.string());
}

}  // namespace ketscope
