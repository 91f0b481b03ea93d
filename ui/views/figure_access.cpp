// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_access.h"

#include "ui/views/figure_view.h"

#include <QAccessible>
#include <QAccessibleWidget>

namespace ketscope {

namespace {

class FigureAccess : public QAccessibleWidget {
public:
    explicit FigureAccess(FigureView& view) : QAccessibleWidget(&view, QAccessible::Table), m_view(view) {}

    QString text(QAccessible::Text what) const override
    {
        return what == QAccessible::Value ? m_view.spokenValue() : QAccessibleWidget::text(what);
    }

private:
    FigureView& m_view;
};

QAccessibleInterface* makeFigureAccess(const QString&, QObject* object)
{
    auto* view = qobject_cast<FigureView*>(object);
    return view == nullptr ? nullptr : new FigureAccess(*view);
}

}  // namespace

void installFigureAccess()
{
    // Installing the same factory again has no effect.
    QAccessible::installFactory(makeFigureAccess);
}

void announceFigureValue(FigureView& view)
{
    if (!QAccessible::isActive())
        return;
    QAccessibleValueChangeEvent event(&view, view.spokenValue());
    QAccessible::updateAccessibility(&event);
}

}  // namespace ketscope
