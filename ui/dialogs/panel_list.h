// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QListWidget>

namespace ketscope {

// Which figures are on a page and in which order: ticked ones get their letters, rows are dragged, or moved with Alt+Up and
// Alt+Down.
class PanelList : public QListWidget {
    Q_OBJECT

public:
    explicit PanelList(QWidget* parent = nullptr);

    // Ids of figures.def. What is chosen comes first, in that order; what `comparison` has nothing to draw for is greyed and
    // says why.
    void choose(const QStringList& figures, const Comparison& comparison);
    QStringList chosen() const;
    QRect boxOf(int row) const;  // the check box, in the viewport

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void panelsChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void refreshLetters();
    void changed();

    bool m_refreshing = false;
};

}  // namespace ketscope
