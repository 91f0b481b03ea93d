// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"
#include "ui/appearance.h"
#include "ui/docks/token_chips.h"
#include "ui/study_controller.h"
#include "viz/figure.h"

#include <QWidget>

namespace ketscope {

// The caption's tokens while words and patches are aligned: below each, in every trace, what it has of the selected patches,
// in parts of the largest, or the entropy of its row over the patches, in parts of ln n. Click = token, Shift-click = add to
// the mean.
class CaptionStrip : public QWidget {
    Q_OBJECT

public:
    CaptionStrip(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Whether the method that is shown has a value for each token, and has been computed.
    bool applies() const { return m_maps != nullptr; }
    bool hasEntropy() const;
    bool showsEntropy() const;  // in place of what each token has of the patch; as the view says
    std::size_t tokens() const { return m_chips.size(); }
    QRectF chipRect(std::size_t place) const { return m_chips.at(place).rect; }
    std::size_t tokenOf(std::size_t place) const { return m_rows.at(place); }
    // As its bar shows it: −1 … 1; NaN where there is none.
    double share(std::size_t trace, std::size_t token) const;
    QSize sizeHint() const override;
    void showSelected();  // by selectionMoved

signals:
    void selectionMoved(const QRect& chip);
    void changed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    void refresh();
    void computeShares();
    std::optional<std::size_t> placeAt(QPointF where) const { return chipAt(m_chips, where.x()); }
    QString sentence(std::size_t place) const;
    Table spokenTable() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    std::shared_ptr<const AlignmentMaps> m_maps;  // null where it does not apply
    AlignmentFocus m_focus;
    std::vector<std::size_t> m_rows;  // the tokens shown: padding is left out
    std::vector<TokenChip> m_chips;
    std::vector<std::vector<double>> m_values;  // of each trace, a value for every token
    double m_full = 1.0;                        // the value of a full bar
};

}  // namespace ketscope
