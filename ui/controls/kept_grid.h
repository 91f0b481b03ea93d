// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/controls.h"

#include <QGridLayout>

#include <map>

namespace ketscope {

// A grid at the top of a section that is filled again and again, many times a second while a slider moves: what is at its
// place already stays there and takes the new text. Between begin() and end() everything is placed; the rest goes.
class KeptGrid : public QWidget {
    Q_OBJECT

public:
    explicit KeptGrid(Section& section, int spacing = -1);  // of rows; −1 = as usual

    QGridLayout& grid() { return *m_grid; }
    void begin();
    void end();

    QLabel* label(int row, int column, const QString& text, const char* role, int columns = 1,
                  Qt::Alignment alignment = {});
    // One that breaks its text into lines.
    QLabel* wrapped(int row, int column, const QString& text, const char* role, int columns = 1);
    // What `make` gives, unless something of this kind is there.
    template <typename Widget, typename Make>
    Widget* widget(int row, int column, const QString& kind, Make make, int columns = 1, Qt::Alignment alignment = {})
    {
        QWidget* there = find(row, column, kind);
        return static_cast<Widget*>(there != nullptr ? there : put(make(), row, column, kind, columns, alignment));
    }

private:
    struct Place {
        QWidget* widget = nullptr;
        QString kind;
        bool used = false;
    };

    QWidget* find(int row, int column, const QString& kind);
    QWidget* put(QWidget* widget, int row, int column, const QString& kind, int columns, Qt::Alignment alignment);

    QGridLayout* m_grid;
    std::map<std::pair<int, int>, Place> m_places;
};

}  // namespace ketscope
