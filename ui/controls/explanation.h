// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

#include <functional>

namespace ketscope {

class Appearance;

// The "?" that opens what a page explains about itself: "What am I looking at?".
class ExplanationButton : public QPushButton {
    Q_OBJECT

public:
    // `text` is asked for rich text whenever it opens.
    ExplanationButton(std::function<QString()> text, Appearance& appearance, QWidget* parent = nullptr);

    void explain();

private:
    std::function<QString()> m_text;
    Appearance& m_appearance;
};

}  // namespace ketscope
