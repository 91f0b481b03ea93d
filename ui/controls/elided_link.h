// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

namespace ketscope {

// A link that takes the width it is given and shortens its text in the middle, with "…", where that is too little.
class ElidedLink : public QPushButton {
    Q_OBJECT

public:
    explicit ElidedLink(QWidget* parent);

    QString shown() const;  // what of the text can be read

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace ketscope
